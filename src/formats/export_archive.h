// Many recordings as one ZIP archive: a folder for each day (UTC), index.csv and index.json. The
// archive is made while it is sent; a recording that cannot be opened is named in the index and
// does not end it. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "formats/export_index.h"
#include "formats/outgoing.h"
#include "formats/zip_stream.h"
#include "store/calls.h"
#include "store/database.h"

namespace ringfort::formats {

struct ExportOrder {
  store::CallFilter filter;  // its cursor and limit are not used; `to` must be set
  Wish wish;
  std::string box;  // the server's name
};

// How much it will be.
struct ExportSize {
  std::size_t calls = 0;
  domain::Millis length{0};
};

// Stops counting behind `most` calls.
ExportSize measure_export(store::Database& tenant, const ExportOrder& order, std::size_t most);

class ExportArchive {
 public:
  // Writes down that these are taken out, before they are.
  using Audit = std::function<void(const std::vector<domain::Recording>&)>;

  ExportArchive(store::Database& tenant, Vault vault, ExportOrder order, Audit audit,
                ZipStream::Write write);

  // The next call, or at the end a page of the index: true while there is more to do. Fails when
  // nobody takes the bytes any more.
  util::Result<bool> step();

  std::size_t done() const { return ids_.size(); }
  std::size_t problems() const { return problems_.size(); }
  std::uint64_t bytes() const { return zip_.bytes(); }
  // The reader went away: the archive did not fail, it was stopped.
  bool stopped() const { return zip_.stopped(); }

 private:
  struct Problem {
    std::string text;
    bool has_file = false;  // it is in the archive, but not whole
  };
  enum class Phase { calls, csv, json, done };
  void next_page();
  util::Result<void> put_call(const store::CallRow& row);
  // Fails only when the archive does.
  util::Result<void> put_audio(const store::CallRow& row);
  util::Result<void> put_index();
  util::Result<void> open_index();
  util::Result<void> put_text(const std::string& text);
  std::string index_line(std::size_t position);
  std::string path_of(const store::CallRow& row) const;

  store::Database& tenant_;
  const Vault vault_;
  ExportOrder order_;
  const Audit audit_;
  ZipStream zip_;
  Phase phase_ = Phase::calls;
  std::vector<store::CallRow> page_;  // the calls whose taking out was written down
  std::size_t next_ = 0;              // in page_, or in ids_ while the index is written
  bool last_page_ = false;
  std::vector<std::string> ids_;             // of the calls that are done
  std::map<std::string, Problem> problems_;  // by call
};

}  // namespace ringfort::formats
