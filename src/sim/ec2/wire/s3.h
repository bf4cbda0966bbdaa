#pragma once
// S3 as far as a bundle needs it: buckets by path, put (also only if absent), get, head, list,
// delete.

#include <optional>

#include "sim/ec2/wire/message.h"
#include "sim/ec2/wire/services.h"

namespace mayfly::ec2 {

// Multipart uploads, as far as they can be left unfinished: begun, given parts, listed, ended.
// Absent: the request is about something else.
std::optional<HttpReply> AnswerUploads(Services& services, const HttpRequest& request);
// The name of the verb, or empty.
std::string UploadAction(const HttpRequest& request);

HttpReply AnswerS3(Services& services, const HttpRequest& request);

// As S3 writes errors.
HttpReply RefuseS3(const Refusal& why);

}  // namespace mayfly::ec2
