#include "store/bindings.h"

#include <SQLiteCpp/Statement.h>

#include "store/rows.h"

namespace ringfort::store {

void save_bindings(SQLite::Database& db, const domain::RegistrationChanged& change) {
  SQLite::Statement clear(db, "DELETE FROM bindings WHERE extension = ?");
  clear.bind(1, change.extension);
  clear.exec();
  SQLite::Statement add(db,
                        "INSERT OR REPLACE INTO bindings (extension, contact, received, call_id, "
                        "cseq, device, instance, registered_at, expires_at) "
                        "VALUES (?,?,?,?,?,?,?,?,?)");
  for (const auto& binding : change.bindings) {
    add.bind(1, change.extension);
    add.bind(2, binding.contact);
    add.bind(3, binding.received);
    add.bind(4, binding.call_id);
    add.bind(5, static_cast<std::int64_t>(binding.cseq));
    add.bind(6, binding.device);
    add.bind(7, binding.instance);
    bind_time(add, 8, binding.registered_at);
    bind_time(add, 9, binding.expires_at);
    add.exec();
    add.reset();
  }
}

std::vector<domain::Binding> unexpired_bindings(SQLite::Database& db, domain::Time now) {
  SQLite::Statement rows(db,
                         "SELECT extension, contact, received, call_id, cseq, device, instance, "
                         "registered_at, expires_at FROM bindings WHERE expires_at > ?");
  bind_time(rows, 1, now);
  std::vector<domain::Binding> out;
  while (rows.executeStep()) {
    domain::Binding b;
    b.extension = rows.getColumn(0).getString();
    b.contact = rows.getColumn(1).getString();
    b.received = rows.getColumn(2).getString();
    b.call_id = rows.getColumn(3).getString();
    b.cseq = static_cast<std::uint32_t>(rows.getColumn(4).getInt64());
    b.device = rows.getColumn(5).getString();
    b.instance = rows.getColumn(6).getString();
    b.registered_at = column_time(rows, 7);
    b.expires_at = column_time(rows, 8);
    out.push_back(std::move(b));
  }
  return out;
}

}  // namespace ringfort::store
