#include "audio/audio_reader.h"

#include <algorithm>
#include <cstdio>

namespace ringfort::audio {

sf_count_t AudioReader::read_bytes(void* data, sf_count_t count, void* user) {
  auto& input = *static_cast<Input*>(user);
  if (input.error || count <= 0) return 0;
  auto got = input.file.read_at(static_cast<std::uint64_t>(input.position),
                                {static_cast<std::byte*>(data), static_cast<std::size_t>(count)});
  if (!got) {
    input.error = got.error();
    return 0;
  }
  input.position += static_cast<std::int64_t>(*got);
  return static_cast<sf_count_t>(*got);
}

sf_count_t AudioReader::seek(sf_count_t offset, int whence, void* user) {
  auto& input = *static_cast<Input*>(user);
  const auto size = static_cast<std::int64_t>(input.file.size());
  std::int64_t from = 0;
  if (whence == SEEK_CUR) from = input.position;
  if (whence == SEEK_END) from = size;
  input.position = std::clamp<std::int64_t>(from + offset, 0, size);
  return input.position;
}

util::Result<std::unique_ptr<AudioReader>> AudioReader::open(ByteSource& file) {
  std::unique_ptr<AudioReader> out(new AudioReader(file));
  SF_VIRTUAL_IO io{};
  io.get_filelen = [](void* user) {
    return static_cast<sf_count_t>(static_cast<Input*>(user)->file.size());
  };
  io.tell = [](void* user) { return sf_count_t{static_cast<Input*>(user)->position}; };
  io.seek = seek;
  io.read = read_bytes;
  io.write = [](const void*, sf_count_t, void*) { return sf_count_t{0}; };
  out->sound_.reset(sf_open_virtual(&io, SFM_READ, &out->info_, out->input_.get()));
  if (out->input_->error) return tl::unexpected(*out->input_->error);
  if (!out->sound_ || out->info_.channels != 2) {
    return util::fail("The audio in the vault cannot be read.");
  }
  return out;
}

util::Result<std::size_t> AudioReader::read(std::span<std::int16_t> out) {
  const auto got =
      sf_readf_short(sound_.get(), out.data(), static_cast<sf_count_t>(out.size() / 2));
  if (input_->error) return tl::unexpected(*input_->error);
  return static_cast<std::size_t>(std::max<sf_count_t>(got, 0));
}

}  // namespace ringfort::audio
