#pragma once
// libcurl's verdicts as ours: the one place where a CURLcode becomes an ErrorKind.

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "base/error.h"

namespace mayfly::http {

// `was_sent`: whether any byte of the request left. `detail`: what libcurl wrote about it.
Error ErrorOf(CURLcode code, bool was_sent, std::string_view detail, const std::string& shown);

// Whether a host is this machine or its cloud's metadata: such a one is never behind a proxy.
bool IsNearby(std::string_view url);

}  // namespace mayfly::http
