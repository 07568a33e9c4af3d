// Where things lie below the data directory (DESIGN §4).
#pragma once

#include <string>

namespace ringfort::daemon {

struct Paths {
  explicit Paths(const std::string& data_dir)
      : data(data_dir),
        lock(data_dir + "/ringfort.lock"),
        system_db(data_dir + "/system.db"),
        evidence_public_key(data_dir + "/evidence.pub"),
        tls(data_dir + "/tls"),
        selftest_secret(data_dir + "/selftest.secret"),
        tenant(data_dir + "/tenants/main"),
        tenant_db(tenant + "/ringfort.db"),
        keys_db(tenant + "/keys.db"),
        spool(tenant + "/spool"),
        vault(tenant + "/vault") {}

  std::string data, lock, system_db, evidence_public_key, tls, selftest_secret;
  std::string tenant, tenant_db, keys_db, spool, vault;

  // Makes every folder, 0700. Throws std::runtime_error naming the one that cannot be made.
  void make() const;
};

}  // namespace ringfort::daemon
