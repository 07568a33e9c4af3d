// What strangers and broken phones send. The messages of RFC 4475 and RFC 5118 are read from the
// folder that RINGFORT_TORTURE names, else from shared/sip-torture beside the source tree; without
// either that one test says so and ends.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "bench.h"

using namespace ringfort;
using namespace ringfort::test;

namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

std::filesystem::path torture_folder() {
  if (const char* named = std::getenv("RINGFORT_TORTURE")) return named;
  auto folder = std::filesystem::path(__FILE__).parent_path();
  for (; folder.has_relative_path(); folder = folder.parent_path()) {
    if (std::filesystem::exists(folder / "shared/sip-torture"))
      return folder / "shared/sip-torture";
  }
  return {};
}

// The kind that the manifest gives for a file: 'v', '4' or 'r'.
char kind_of(const std::string& manifest, const std::string& name) {
  const auto at = manifest.find("\"" + name + "\"");
  const auto kind = at == std::string::npos ? at : manifest.find("kind", at);
  if (kind == std::string::npos) return 'v';
  const auto value = manifest.find_first_of("v4r", manifest.find(':', kind));
  return manifest[value];
}

bool answers_options(Bench& bench, int number) {
  SipPhone phone("probe", bench.port);
  phone.request("OPTIONS", bench.uri("x"), "<sip:p@x>;tag=p", "<sip:x@x>",
                "probe" + std::to_string(number), 1);
  return bench.next(phone, 10s).status() == 200;
}

}  // namespace

TEST_CASE("after every torture message OPTIONS is answered, and bad requests get no success") {
  const auto folder = torture_folder();
  if (folder.empty()) {
    MESSAGE("there is no folder with the messages");
    return;
  }
  const std::string manifest = read_file(folder / "manifest.json");
  Bench bench;
  int number = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".dat") continue;
    const std::string bytes = read_file(entry.path());
    const char kind = kind_of(manifest, entry.path().stem().string());
    for (const auto over : {SipPhone::Over::udp, SipPhone::Over::tcp}) {
      CAPTURE(entry.path().filename().string());
      SipPhone phone("stranger", bench.port, over);
      phone.send_text(bytes);
      CHECK(answers_options(bench, ++number));
      for (auto answer = phone.receive(); answer; answer = phone.receive()) {
        if (kind == '4' && !answer->is_request()) CHECK(answer->status() / 100 != 2);
      }
    }
  }
  CHECK(number > 0);
  CHECK(bench.calls.empty());
}

TEST_CASE("headers that should be there and are not") {
  Bench bench;
  const std::string lines[] = {"Via: SIP/2.0/UDP 127.0.0.1:1;branch=z9hG4bKx\r\n",
                               "From: <sip:a@b>;tag=1\r\n",
                               "To: <sip:c@d>\r\n",
                               "Call-ID: missing\r\n",
                               "CSeq: 1 INVITE\r\n",
                               "Contact: <sip:a@127.0.0.1>\r\n"};
  int number = 0;
  for (const auto& left_out : lines) {
    for (const std::string method : {"INVITE", "REGISTER", "BYE", "OPTIONS", "UPDATE"}) {
      SipPhone phone("101", bench.port);
      std::string text = method + " sip:101@127.0.0.1 SIP/2.0\r\n";
      for (const auto& line : lines) {
        if (line != left_out) text += line;
      }
      phone.send_text(text + "\r\n");
      bench.step();
    }
    CHECK(answers_options(bench, ++number));
  }
  CHECK(bench.calls.empty());
}

TEST_CASE("a known caller without Contact, or to another domain, is refused") {
  Bench bench([](config::Config& config) { config.sip.domains = {"pbx.example"}; });
  SipPhone phone("101", bench.port);
  const auto ask = [&](const std::string& uri, const std::string& contact) {
    const std::string from = "<sip:101@x>;tag=a", to = "<sip:102@x>",
                      id = "dom" + std::to_string(uri.size() + contact.size());
    phone.request("INVITE", uri, from, to, id, 1, contact, sdp_text());
    const auto challenges = bench.next(phone).all("Proxy-Authenticate");
    REQUIRE(challenges.size() == 2);
    phone.request("INVITE", uri, from, to, id, 2,
                  contact + authorization("Proxy-Authorization", challenges[1], "101", "secret101",
                                          "INVITE", uri),
                  sdp_text());
    bench.until([&] { return !bench.calls.empty(); }, 300ms);
    return bench.calls.empty() ? bench.next(phone).status() : 0;
  };
  const std::string contact = "Contact: <sip:101@127.0.0.1>\r\n";
  CHECK(ask("sip:102@pbx.example", "") == 400);
  CHECK(ask("sip:102@elsewhere.example", contact) == 404);
  CHECK(ask("sip:102@PBX.example", contact) == 0);
}

TEST_CASE("thousands of strangers leave nothing behind") {
  Bench bench;
  SipPhone phone("evil", bench.port);
  for (int i = 0; i < 3000; ++i) {
    phone.request(i % 2 == 0 ? "INVITE" : "REGISTER", bench.uri("102"), "<sip:e@x>;tag=e",
                  "<sip:102@x>", "flood" + std::to_string(i), 1,
                  "Contact: " + phone.contact() + "\r\n");
    bench.step();
    while (phone.receive()) {
    }
  }
  CHECK(bench.calls.empty());
  CHECK(answers_options(bench, 1));
}
