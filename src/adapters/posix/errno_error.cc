#include "adapters/posix/errno_error.h"

#include <cerrno>
#include <string>
#include <system_error>

namespace mayfly::posix {
namespace {

ErrorKind KindOf(int number) {
  switch (number) {
    case ENOENT:
    case ESRCH:
      return ErrorKind::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorKind::kDenied;
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case EFBIG:
      return ErrorKind::kExhausted;
    case EEXIST:
    case ENOTEMPTY:
      return ErrorKind::kConflict;
    case EINVAL:
    case ENAMETOOLONG:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENOEXEC:
    case E2BIG:
      return ErrorKind::kInvalid;
    case EILSEQ:
      return ErrorKind::kCorrupt;
    default:  // EAGAIN, EINTR, EIO, EBUSY and the rest: the same call again
      return ErrorKind::kUnavailable;
  }
}

}  // namespace

Error ErrnoError(int number, std::string_view what) {
  const std::string_view next_step =
      number == ENOSPC || number == EDQUOT ? "; make room on that disk, then try again" : "";
  return {KindOf(number), std::string(what) + ": " + std::generic_category().message(number) +
                              std::string(next_step)};
}

}  // namespace mayfly::posix
