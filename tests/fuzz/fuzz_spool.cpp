// A spool as a crash, a bad disk or an intruder may leave it: its header and batches, and the
// records and facts inside as though their seal had been right. First byte: which of the three.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "recording/assembler.h"
#include "recording/spool.h"
#include "recording/spooled_call.h"
#include "support/faulty_disk.h"
#include "util/crypto.h"

namespace {

using namespace ringfort;

void read_as_spool(const std::string& bytes) {
  testing::FaultyDisk disk;
  disk.put("spool", bytes);
  auto reader = recording::SpoolReader::open(disk, "spool");
  if (!reader) return;
  const auto key = (*reader)->key_by(util::Key());  // the seeds' item key
  if (key) (*reader)->set_key(*key);
  (void)recording::parse_spooled_call((*reader)->facts());
  for (auto batch = (*reader)->next(bytes.size()); batch && *batch;
       batch = (*reader)->next(bytes.size())) {
  }
}

void read_as_records(const std::string& bytes) {
  constexpr std::int64_t seconds_us = 3000000;
  for (const int rate : {8000, 16000}) {
    recording::Assembler assembler(rate, 0, [](auto) { return util::Result<void>{}; });
    recording::for_each_record(bytes, [&](media::TapHead head, auto payload) {
      head.arrival_us %= seconds_us;  // else the time goes into hours of silence
      (void)assembler.add(head, payload);
    });
    (void)assembler.finish();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 1:
      read_as_records(bytes);
      break;
    case 3:
      (void)recording::parse_spooled_call(bytes);
      break;
    default:
      read_as_spool(bytes);
  }
  return 0;
}
