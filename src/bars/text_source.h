#pragma once
// The text of a file, piece by piece, whether it is packed or not. Internal to bars/.

#include <cstddef>
#include <functional>
#include <string_view>

#include "base/result.h"

namespace mayfly::bars {

// A line longer than this is not a bar file's.
inline constexpr std::size_t kLongestLine = 64 * 1024;

// Is given the text from where it stopped before, and whether it ends here; says how many bytes it
// is done with. What it leaves is shown again with more behind it.
using TextTaker = std::function<Result<std::size_t>(std::string_view text, bool is_last)>;

bool IsGzip(std::string_view bytes);

// Hands the text to `take`: all at once when it is plain, in pieces of at most a megabyte when it
// is gzip. kCorrupt: a broken or truncated gzip, something else behind it, or a line longer than
// kLongestLine; otherwise what `take` says.
Status ForEachPiece(std::string_view file_bytes, const TextTaker& take);

}  // namespace mayfly::bars
