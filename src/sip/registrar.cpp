#include "sip/registrar.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <spdlog/fmt/fmt.h>

namespace ringfort::sip {
namespace {

constexpr int most_contacts = 16;
constexpr long default_expires = 3600;

// The expires parameter of a Contact, else the Expires header, else the default.
long expires_of(const sip_contact_t* contact, const sip_t* sip) {
  if (contact->m_expires != nullptr) {
    long value = 0;
    const char* end = contact->m_expires + strnlen(contact->m_expires, 16);
    if (std::from_chars(contact->m_expires, end, value).ec == std::errc() && value >= 0) {
      return value;
    }
    return default_expires;
  }
  if (sip->sip_expires != nullptr) return static_cast<long>(sip->sip_expires->ex_delta);
  return default_expires;
}

std::string instance_of(const sip_contact_t* contact) {
  return text(msg_params_find(contact->m_params, "+sip.instance="), 128);
}

}  // namespace

Registrar::Registrar(const config::Sip& settings, Bindings& bindings, const util::Clock& clock)
    : settings_(settings), bindings_(bindings), clock_(clock) {}

util::Result<std::vector<domain::Binding>> Registrar::read(const std::string& extension,
                                                           const sip_t* sip,
                                                           const Flow& source) const {
  using std::chrono::seconds;
  std::vector<domain::Binding> out;
  const auto longest = std::chrono::duration_cast<seconds>(settings_.register_expires_max).count();
  const auto shortest = std::chrono::duration_cast<seconds>(settings_.register_expires_min).count();
  for (const auto* contact = sip->sip_contact; contact != nullptr; contact = contact->m_next) {
    if (out.size() == most_contacts) return util::fail("There are too many contacts.", 403);
    const auto type = contact->m_url->url_type;
    if (type != url_sip && type != url_sips) return util::fail("The contact is no phone.", 400);
    domain::Binding binding;
    binding.extension = extension;
    binding.contact = print_url(contact->m_url);
    if (binding.contact.empty()) return util::fail("The contact is too long.", 400);
    long expires = expires_of(contact, sip);
    if (expires > 0 && expires < shortest) return util::fail("The interval is too short.", 423);
    expires = std::min<long>(expires, longest);
    binding.received = flow_uri(source);
    binding.call_id = text(sip->sip_call_id->i_id, 256);
    binding.cseq = sip->sip_cseq->cs_seq;
    binding.device = device_of(sip);
    binding.instance = instance_of(contact);
    binding.registered_at = clock_.now();
    binding.expires_at = binding.registered_at + seconds(expires);
    out.push_back(std::move(binding));
  }
  return out;
}

std::string Registrar::list(const std::string& extension) {
  std::string out;
  for (const auto& binding : bindings_.of(extension)) {
    const auto left =
        std::chrono::duration_cast<std::chrono::seconds>(binding.expires_at - clock_.now()).count();
    if (!out.empty()) out += ", ";
    out += fmt::format("<{}>;expires={}", binding.contact, left);
    if (!binding.instance.empty()) out += ";+sip.instance=" + binding.instance;
  }
  return out;
}

Registrar::Reply Registrar::take(const std::string& extension, const sip_t* sip,
                                 const Flow& source) {
  const auto* contact = sip->sip_contact;
  const auto failed = [&](const util::Error& error) {
    Reply reply;
    reply.status = error.sip_status;
    if (error.sip_status == 423) {
      reply.min_expires = std::to_string(
          std::chrono::duration_cast<std::chrono::seconds>(settings_.register_expires_min).count());
    }
    return reply;
  };
  if (contact != nullptr && contact->m_url->url_type == url_any) {
    const bool alone = contact->m_next == nullptr;
    const bool zero = sip->sip_expires != nullptr && sip->sip_expires->ex_delta == 0;
    if (!alone || !zero) return {400, {}, {}};
    const auto done =
        bindings_.remove_all(extension, text(sip->sip_call_id->i_id, 256), sip->sip_cseq->cs_seq);
    return done ? Reply{} : failed(done.error());
  }
  const auto changes = read(extension, sip, source);
  if (!changes) return failed(changes.error());
  if (const auto done = bindings_.apply(*changes); !done) return failed(done.error());
  return {200, list(extension), {}};
}

}  // namespace ringfort::sip
