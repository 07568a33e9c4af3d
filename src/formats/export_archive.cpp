#include "formats/export_archive.h"

#include "util/text.h"

namespace ringfort::formats {
namespace {

constexpr int page_size = 100;
constexpr std::size_t lines_per_step = 200;

// A call belongs into an export when it was to be recorded; then its audio or its lack is named.
bool belongs(const store::CallRow& row) {
  return row.recording && (row.recording->state == domain::RecordingState::sealed ||
                           row.recording->state == domain::RecordingState::missing);
}

}  // namespace

ExportSize measure_export(store::Database& tenant, const ExportOrder& order, std::size_t most) {
  ExportSize out;
  auto filter = order.filter;
  filter.limit = 500;
  do {
    const auto page = store::list_calls(tenant.reader(), filter);
    for (const auto& row : page.rows) {
      if (!belongs(row)) continue;
      ++out.calls;
      out.length += row.recording->length;
    }
    filter.cursor = page.next_cursor;
  } while (!filter.cursor.empty() && out.calls <= most);
  return out;
}

ExportArchive::ExportArchive(store::Database& tenant, Vault vault, ExportOrder order, Audit audit,
                             ZipStream::Write write)
    : tenant_(tenant),
      vault_(std::move(vault)),
      order_(std::move(order)),
      audit_(std::move(audit)),
      zip_(std::move(write)) {
  order_.filter.limit = page_size;
}

util::Result<bool> ExportArchive::step() {
  if (phase_ == Phase::calls) {
    if (next_ == page_.size()) next_page();
    if (next_ < page_.size()) {
      if (auto done = put_call(page_[next_++]); !done) return tl::unexpected(done.error());
      return true;
    }
    if (!last_page_) return true;
    phase_ = Phase::csv;
    if (auto done = open_index(); !done) return tl::unexpected(done.error());
    return true;
  }
  if (phase_ == Phase::done) return false;
  if (auto done = put_index(); !done) return tl::unexpected(done.error());
  return phase_ != Phase::done;
}

void ExportArchive::next_page() {
  page_.clear();
  next_ = 0;
  if (last_page_) return;
  auto page = store::list_calls(tenant_.reader(), order_.filter);
  std::vector<domain::Recording> taken;
  for (auto& row : page.rows) {
    if (!belongs(row)) continue;
    if (row.recording->state == domain::RecordingState::sealed) taken.push_back(*row.recording);
    page_.push_back(std::move(row));
  }
  order_.filter.cursor = page.next_cursor;
  last_page_ = page.next_cursor.empty();
  if (!taken.empty()) audit_(taken);
}

std::string ExportArchive::path_of(const store::CallRow& row) const {
  return util::to_rfc3339(row.call.started_at).substr(0, 10) + "/" +
         file_name(order_.wish, row.call, *row.recording);
}

util::Result<void> ExportArchive::put_call(const store::CallRow& row) {
  ids_.push_back(row.call.id);
  if (row.recording->state == domain::RecordingState::sealed) return put_audio(row);
  problems_[row.call.id] = {row.recording->reason, false};
  return {};
}

util::Result<void> ExportArchive::put_audio(const store::CallRow& row) {
  auto file = open_recording(vault_, *row.recording);
  if (!file) {
    problems_[row.call.id] = {file.error().message, false};
    return {};
  }
  if (auto begun = zip_.begin(path_of(row), row.call.started_at); !begun) return begun;
  util::Result<void> archive;
  const auto target = target_of(order_.wish, row.call, *row.recording, order_.box);
  const auto done =
      audio::convert(**file, row.recording->format, target, [&](std::span<const std::byte> bytes) {
        archive = zip_.append(bytes);
        return archive.has_value();
      });
  if (!archive) return archive;
  if (!done) {
    problems_[row.call.id] = {"The file is not whole: " + done.error().message, true};
  }
  return zip_.end();
}

util::Result<void> ExportArchive::put_text(const std::string& text) {
  return zip_.append(std::as_bytes(std::span(text)));
}

util::Result<void> ExportArchive::open_index() {
  next_ = 0;
  const bool csv = phase_ == Phase::csv;
  if (auto begun = zip_.begin(csv ? "index.csv" : "index.json", *order_.filter.to); !begun) {
    return begun;
  }
  return put_text(csv ? index_csv_header(order_.wish) : "[\n");
}

util::Result<void> ExportArchive::put_index() {
  std::string text;
  for (std::size_t i = 0; i < lines_per_step && next_ < ids_.size(); ++i) {
    text += index_line(next_++);
  }
  if (auto done = put_text(text); !done) return done;
  if (next_ < ids_.size()) return {};
  if (phase_ == Phase::json) {
    if (auto done = put_text("]\n"); !done) return done;
  }
  if (auto done = zip_.end(); !done) return done;
  if (phase_ == Phase::csv) {
    phase_ = Phase::json;
    return open_index();
  }
  phase_ = Phase::done;
  return zip_.finish();
}

// Looked up again: only ids are held while the audio is sent.
std::string ExportArchive::index_line(std::size_t position) {
  ExportedCall exported;
  const auto& id = ids_[position];
  const auto problem = problems_.find(id);
  bool has_file = true;
  if (problem != problems_.end()) {
    exported.problem = problem->second.text;
    has_file = problem->second.has_file;
  }
  if (auto found = store::find_call(tenant_.reader(), id)) {
    exported.row = {std::move(found->call), std::move(found->recording)};
    if (has_file && exported.row.recording) exported.file = path_of(exported.row);
  } else {
    exported.row.call.id = id;
    exported.problem = "The call's time was over while the archive was made.";
  }
  if (phase_ == Phase::csv) return index_csv_line(order_.wish, exported);
  return index_json(order_.wish, exported) + (position + 1 < ids_.size() ? ",\n" : "\n");
}

}  // namespace ringfort::formats
