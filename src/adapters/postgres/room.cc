#include "adapters/postgres/room.h"

#include <libpq-fe.h>

#include <charconv>
#include <string_view>

#include "adapters/postgres/connection.h"
#include "adapters/postgres/queries.gen.h"

namespace mayfly::postgres {

Result<DatabaseRoom> MeasureRoom(const std::string& conninfo) {
  TRY_ASSIGN(Connection db, Connection::Open(conninfo, {.application_name = "mayfly doctor"}));
  TRY_ASSIGN(const Rows rows, db.Run(sql::kMeasureRoom, Params()));
  DatabaseRoom room;
  room.host = PQhost(db.raw());
  const std::string_view port = PQport(db.raw());
  std::from_chars(port.data(), port.data() + port.size(), room.port);
  room.most = static_cast<int>(rows.Int(0, 0));
  room.reserved = static_cast<int>(rows.Int(0, 1));
  room.used = static_cast<int>(rows.Int(0, 2));
  return room;
}

}  // namespace mayfly::postgres
