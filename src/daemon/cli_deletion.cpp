// `ringfort recordings delete`: a person deletes one recording for good, and gets a receipt.
#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "daemon/cli.h"
#include "daemon/open_store.h"
#include "formats/evidence_json.h"
#include "keeping/deletion.h"
#include "keeping/evidence_begin.h"
#include "store/recordings.h"
#include "util/clock.h"
#include "util/text.h"

namespace ringfort::daemon {

int delete_recording(const Arguments& arguments) {
  const auto call = arguments.value("--call");
  const auto reason = arguments.value("--reason");
  if (!call) throw UsageError("say which: --call ID");
  if (!reason || util::trim(*reason).empty()) throw UsageError("say why: --reason TEXT");
  const auto loaded = need_config(arguments);
  if (!loaded.master) throw std::runtime_error("the master key cannot be read");
  OpenStore open(loaded);
  const recording::TenantKeys keys(load_tenant_keys(open.keys, open.paths.data, *loaded.master));
  const auto signer =
      keeping::open_evidence(open.tenant, open.keys, keys, util::SystemClock().now());
  keeping::Deleter deleter(open.tenant, open.keys, open.system, *open.disk, open.paths.vault,
                           open.paths.spool, signer);
  const auto recording = store::recording_of_call(open.tenant.reader(), *call);
  const auto receipt = recording
                           ? deleter.erase(*recording, "cli", *reason, util::SystemClock().now())
                           : util::fail("There is no such recording.");
  if (!receipt) {
    fmt::print(stderr, "{}\n", receipt.error().message);
    return 1;
  }
  if (arguments.has("--json")) {
    fmt::print("{}\n", formats::receipt_json(*receipt).dump());
  } else {
    fmt::print("The recording is gone and its key is destroyed; entry {} of the evidence log.\n",
               receipt->sequence);
  }
  return 0;
}

}  // namespace ringfort::daemon
