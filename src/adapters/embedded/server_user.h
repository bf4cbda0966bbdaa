#pragma once
// As whom the server runs. PostgreSQL refuses root, so root needs somebody else to be.

#include <sys/types.h>

#include <string>

#include "base/result.h"

namespace mayfly::embedded {

struct ServerUser {
  enum class How {
    kPlain,      // as ourselves, who are not root
    kNamespace,  // as ourselves, under another number inside a user namespace of one user
    kSetuid,     // as that user, really
  } how = How::kPlain;
  uid_t uid = 0;
  gid_t gid = 0;
};

// For data that exists: its owner. kDenied if that is neither us nor, if we are root, anybody.
Result<ServerUser> OwnerOf(const std::string& data_dir);

// For data to be made: in preference a user that can reach `folder` (see CanReach). If none can,
// the answer is a user that needs another folder.
Result<ServerUser> ChooseServerUser(const std::string& folder);

// Can a program run as this user enter `folder`? Asked of the system by trying.
bool CanReach(const ServerUser& user, const std::string& folder);

// Turns the calling (forked, single-threaded) process into this user; an errno, or 0.
int Become(const ServerUser& user);

}  // namespace mayfly::embedded
