// A spool as a crash, a bad disk or an intruder may leave it: its header and batches, and the
// records inside as though their seal had been right. First byte: which of the two.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "recording/assembler.h"
#include "recording/spool.h"
#include "support/faulty_disk.h"
#include "util/crypto.h"

namespace {

using namespace ringfort;

void read_as_spool(const std::string& bytes) {
  testing::FaultyDisk disk;
  disk.put("spool", bytes);
  auto reader = recording::SpoolReader::open(disk, "spool");
  if (!reader) return;
  (*reader)->set_key(util::Key());  // the seeds are sealed with it
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
  if (data[0] % 2 == 0) {
    read_as_spool(bytes);
  } else {
    read_as_records(bytes);
  }
  return 0;
}
