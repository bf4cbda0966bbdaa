#include "cli/sample_files.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "base/text.h"

namespace mayfly::cli {
namespace {

// Does this file name hold bars of the pair, as a load stage sees it?
bool NamesPair(std::string_view name, std::string_view pair) {
  std::string lower = Lower(name);
  return lower.starts_with(pair) && lower.size() > pair.size() && lower[pair.size()] == '.';
}

Status RefuseSecondFiles(FileSystem& files, const bars::SampleSpec& spec, const std::string& folder,
                         std::string_view ending) {
  Result<std::vector<FileEntry>> listed = files.List(folder);
  if (!listed.ok() && listed.error().kind() == ErrorKind::kNotFound) return {};
  if (!listed.ok()) return listed.error();
  for (std::string_view pair : spec.pairs) {
    std::string own = std::string(pair) + std::string(ending);
    for (const FileEntry& file : *listed) {
      if (file.name == own || !NamesPair(file.name, pair)) continue;
      return Conflict(
          fmt::format("{}/{} holds bars of {} already; move it away, or write to "
                      "another folder",
                      folder, file.name, pair));
    }
  }
  return {};
}

Result<std::string> MakeText(const bars::SampleSpec& spec, std::string_view pair) {
  std::string text;
  auto keep = [&](std::string_view chunk) -> Status {
    if (text.size() + chunk.size() > kMostBytes) {
      return Exhausted(
          fmt::format("{}: the file would be larger than {} bytes; choose a shorter "
                      "time or --every 1h",
                      pair, Thousands(kMostBytes)));
    }
    text += chunk;
    return {};
  };
  TRY(bars::GenerateSample(spec, pair, keep));
  return text;
}

}  // namespace

Result<std::string> Gzip(std::string_view bytes) {
  constexpr int kGzipWindow = 15 + 16;  // the largest window, and gzip's own header
  constexpr int kLevel = 4;             // half the time of the default for a tenth more bytes
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return Exhausted("no memory to compress a file");
  }
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  // zlib only reads it; its interface is older than const.
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  int code = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return Defect(fmt::format("zlib ends with {} in one pass", code));
  return packed;
}

Result<SampleTotals> WriteSample(FileSystem& files, const bars::SampleSpec& spec,
                                 const std::string& folder, bool gzip, const SampleStep& step) {
  std::string_view ending = gzip ? ".csv.gz" : ".csv";
  TRY(RefuseSecondFiles(files, spec, folder, ending));
  SampleTotals totals;
  for (std::string_view pair : spec.pairs) {
    TRY(step(totals.files, spec.pairs.size(), pair));
    TRY_ASSIGN(std::string text, MakeText(spec, pair));
    totals.rows += std::count(text.begin(), text.end(), '\n') - 1;  // less the header
    if (gzip) {
      TRY_ASSIGN(text, Gzip(text));
    }
    TRY(files.Write(fmt::format("{}/{}{}", folder, pair, ending), text));
    totals.bytes += static_cast<std::int64_t>(text.size());
    ++totals.files;
  }
  return totals;
}

}  // namespace mayfly::cli
