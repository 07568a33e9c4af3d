// What a configuration file may say, and what is told when it says something else.
#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "config/config.h"

namespace ringfort::config {
namespace {

std::optional<std::string> open_for_test(std::string_view sealed) {
  if (sealed == "sealed:v1:good") return "a long password";
  if (sealed == "sealed:v1:short") return "abc";
  return std::nullopt;
}

Parsed parsed(std::string_view toml) {
  return parse(toml, open_for_test);
}

const Problem* find(const Parsed& parsed, std::string_view text) {
  const auto found =
      std::find_if(parsed.problems.begin(), parsed.problems.end(),
                   [&](const Problem& p) { return p.text.find(text) != std::string::npos; });
  return found == parsed.problems.end() ? nullptr : &*found;
}

// The one problem that `toml` has, as "LINE text | hint".
std::string only(std::string_view toml) {
  const Parsed result = parsed(toml);
  CAPTURE(describe(result.problems, "t"));
  REQUIRE(result.problems.size() == 1);
  const Problem& p = result.problems.front();
  return std::to_string(p.line) + " " + p.text + (p.hint.empty() ? "" : " | " + p.hint);
}

bool has(const std::string& text, std::string_view part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

std::string extension(const std::string& more) {
  return "[[extension]]\nnumber = \"101\"\n" + more;
}

const std::string ada = extension("password = \"sealed:v1:good\"\n");
const std::string carrier =
    "[[trunk]]\nname = \"carrier\"\nserver = \"sip.example.net\"\naddresses = [\"203.0.113.9\"]\n";

TEST_CASE("an empty file is valid and gives the defaults") {
  const Parsed result = parsed("");
  CHECK(result.good());
  CHECK(result.problems.empty());
  CHECK(result.config.server == Server());
  CHECK(result.config.sip.listen.size() == 3);
}

constexpr const char* whole_file = R"(
[server]
name = "Acme Ltd"
data_dir = "/srv/ringfort"
time_zone = "Europe/Berlin"
country = "GB"
[sip]
listen = ["tls://[::1]:15061"]
domains = ["PBX.acme.lan"]
public_address = "203.0.113.1"
local_networks = ["10.0.0.0/8"]
ring_time = "25s"
[media]
ports = "20000-20999"
codecs = ["pcma"]
srtp = "require"
hold_music = "file:music.wav"
[http]
listen = "127.0.0.1:9443"
[recording]
mode = "on-demand"
format = "wav"
reserve = "1GiB"
[retention]
recordings = "30d"
calls = "12mo"
[[extension]]
number = "101"
name = "Ada Byron"
password = "sealed:v1:good"
recording = "never"
retention = "7d"
[[trunk]]
name = "carrier"
server = "sip.carrier.example:5061"
transport = "tls"
username = "4930123450"
password = "sealed:v1:good"
register = true
addresses = ["203.0.113.0/24", "198.51.100.7:5080", "sip.carrier.example:5060"]
caller_id = "020 7946 0000"
max_calls = 20
[[number]]
number = "+442079460000"
label = "Main line"
trunk = "carrier"
route = "extension:101"
[[outbound]]
match = "+44*"
trunks = ["carrier"]
)";

TEST_CASE("the tables of the design are read into their fields") {
  const Parsed result = parsed(whole_file);
  CAPTURE(describe(result.problems, "t"));
  REQUIRE(result.problems.empty());
  const Config& c = result.config;
  CHECK(c.server.name == "Acme Ltd");
  CHECK(c.server.data_dir == "/srv/ringfort");
  CHECK(c.sip.listen == std::vector<Listener>{{domain::Transport::tls, "::1", 15061}});
  CHECK(c.sip.domains == std::vector<std::string>{"pbx.acme.lan"});
  CHECK(c.media.first_port == 20000);
  CHECK(c.media.last_port == 20999);
  CHECK(c.media.srtp == Srtp::require);
  CHECK(c.media.hold_music == "file:music.wav");
  CHECK(c.http.host == "127.0.0.1");
  CHECK(c.http.port == 9443);
  CHECK(c.recording.format == AudioFile::wav);
  CHECK(c.recording.reserve == 1ULL << 30);
  const domain::Directory& d = c.directory;
  CHECK(d.country == "GB");
  CHECK(d.recording == domain::RecordingMode::on_demand);
  CHECK(d.ring_time == std::chrono::seconds(25));
  CHECK(d.retention.recordings == std::chrono::days(30));
  REQUIRE(d.extensions.size() == 1);
  CHECK(d.extensions[0].name == "Ada Byron");
  CHECK(d.extensions[0].password.value == "a long password");
  CHECK(d.extensions[0].recording == domain::RecordingMode::never);
  CHECK(d.extensions[0].retention == std::chrono::days(7));
  REQUIRE(d.trunks.size() == 1);
  CHECK(d.trunks[0].registers);
  CHECK(d.trunks[0].caller_id == "+442079460000");
  REQUIRE(d.trunks[0].addresses.size() == 3);
  CHECK(d.trunks[0].addresses[0].network == "203.0.113.0/24");
  CHECK(d.trunks[0].addresses[1].port == 5080);
  CHECK(d.trunks[0].addresses[2].network == "sip.carrier.example");
  REQUIRE(d.numbers.size() == 1);
  CHECK(d.numbers[0].line == 43);
  CHECK(d.numbers[0].route.kind == domain::Route::Kind::extension);
  CHECK(d.numbers[0].route.argument == "101");
  REQUIRE(d.outbound.size() == 1);
  CHECK(d.outbound[0].line == 48);
  CHECK(d.outbound[0].trunks == std::vector<std::string>{"carrier"});
}

TEST_CASE("every problem is told at once, in order of lines") {
  const Parsed result =
      parsed("[media]\nports = \"9-8\"\n[server]\ncuntry = \"DE\"\n[sip]\nring_time = 60\n" +
             carrier + "max_calls = -1\n");
  CHECK_FALSE(result.good());
  REQUIRE(result.problems.size() == 4);
  CHECK(result.problems[0].line == 2);
  CHECK(result.problems[1].line == 4);
  CHECK(result.problems[2].line == 6);
  CHECK(result.problems[3].line == 11);
}

TEST_CASE("an unknown key is named together with the one that was probably meant") {
  CHECK(only("[server]\n\ncuntry = \"DE\"\n") ==
        "3 [server]: unknown key \"cuntry\". | Did you mean \"country\"?");
  CHECK(has(only("[servr]\n"), "Did you mean \"server\"?"));
  CHECK(has(only("[server]\nfoobarbaz = 1\n"), "Known here: name, data_dir"));
}

TEST_CASE("a value of the wrong type is refused with what was expected") {
  CHECK(has(only("[server]\nname = 5\n"), "[server] name: expected a string, found a whole"));
  CHECK(has(only("[sip]\nlisten = \"udp://0.0.0.0:5060\"\n"), "expected a list"));
  CHECK(has(only("sip = 5\n"), "must be a table"));
  CHECK(has(only("[extension]\nnumber = \"101\"\n"), "double brackets"));
  CHECK(has(only("extension = [1]\n"), "no table"));
  CHECK(has(only("[sip]\nring_time = 1979-05-27\n"), "found a date or time"));
}

TEST_CASE("bad values of single keys are refused") {
  CHECK(has(only("[sip]\nring_time = \"soon\"\n"), "is no duration"));
  CHECK(has(only("[sip]\nring_time = \"2h\"\n"), "between 1s and 10m"));
  CHECK(has(only("[recording]\nreserve = \"much\"\n"), "is no size"));
  CHECK(has(only("[sip]\nlocal_networks = [\"10.0.0.0/33\"]\n"), "is no network"));
  CHECK(has(only("[sip]\nlisten = [\"wss://0.0.0.0:1\"]\n"), "does not begin with udp://"));
  CHECK(has(only("[sip]\nlisten = [\"udp://pbx:5060\"]\n"), "no numeric address"));
  CHECK(has(only("[sip]\nlisten = [\"udp://0.0.0.0:0\"]\n"), "no numeric address"));
  CHECK(has(only("[sip]\nlisten = []\n"), "is empty"));
  CHECK(has(only("[sip]\nlisten = [\"udp://1.1.1.1:5\", \"udp://1.1.1.1:5\"]\n"), "twice"));
  CHECK(has(only("[server]\ncountry = \"de\"\n"), "is no country"));
  CHECK(has(only("[server]\ncountry = \"XX\"\n"), "is no country"));
  CHECK(has(only("[server]\ntime_zone = \"Mars/Olympus\"\n"), "is no time zone"));
  CHECK(has(only("[server]\ntime_zone = \"../../etc/passwd\"\n"), "is no time zone"));
  CHECK(has(only("[server]\ndata_dir = \"var\"\n"), "no absolute path"));
  CHECK(has(only("[server]\nname = \"a\\u0007b\"\n"), "control character"));
  CHECK(has(only("[server]\nname = 'a\"b'\n"), "quote"));
  CHECK(has(only("[server]\negress = \"deny\"\n"), "egress"));
  CHECK(has(only("[media]\nports = \"16384\"\n"), "is no range of ports"));
  CHECK(has(only("[media]\nports = \"16384-16385\"\n"), "is no range of ports"));
  CHECK(has(only("[media]\ncodecs = [\"g729\"]\n"), "is not known"));
  CHECK(has(only("[media]\ncodecs = [\"opus\", \"opus\"]\n"), "twice"));
  CHECK(has(only("[http]\nlisten = \"8443\"\n"), "no numeric address"));
  CHECK(has(only("[http]\ncertificate = \"/a.pem\"\n"), "belong together"));
  CHECK(has(only("[recording]\nmode = \"inherit\"\n"), "is not known"));
  CHECK(has(only("[retention]\ncalls = \"0s\"\n"), "between 1s and"));
  CHECK(has(only("[sip]\nregister_expires_max = \"10s\"\n"), "register_expires_min is longer"));
}

TEST_CASE("an extension number is 2 to 8 digits and no emergency number") {
  const std::string rest = "password = \"sealed:v1:good\"\n";
  CHECK(has(only("[[extension]]\nnumber = \"1\"\n" + rest), "is no extension number"));
  CHECK(has(only("[[extension]]\nnumber = \"123456789\"\n" + rest), "is no extension number"));
  CHECK(has(only("[[extension]]\nnumber = \"10a\"\n" + rest), "is no extension number"));
  CHECK(has(only("[[extension]]\nnumber = \"112\"\n" + rest), "is an emergency number"));
  CHECK(has(only("[[extension]]\n" + rest), "\"number\" is missing"));
}

TEST_CASE("the same extension, trunk or number twice is refused with the first one's line") {
  CHECK(only(ada + ada) == "5 [[extension]] number: \"101\" is there already, in line 2.");
  CHECK(only(carrier + carrier) == "6 [[trunk]] name: \"carrier\" is there already, in line 2.");
  const std::string number = "[[number]]\nnumber = \"+4930123450\"\nroute = \"reject:busy\"\n";
  CHECK(only(number + number) == "4 [[number]]: +4930123450 is there already, in line 1.");
}

TEST_CASE("the same number from two trunks is two entries") {
  const std::string other =
      "[[trunk]]\nname = \"other\"\nserver = \"b.example\"\naddresses = [\"203.0.113.8\"]\n";
  const std::string number = "[[number]]\nnumber = \"+4930123450\"\nroute = \"reject:busy\"\n";
  const Parsed result =
      parsed(carrier + other + number + "trunk = \"carrier\"\n" + number + "trunk = \"other\"\n");
  CHECK(result.problems.empty());
  CHECK(result.config.directory.numbers.size() == 2);
}

TEST_CASE("a reference to something that is not there is refused") {
  const std::string number = "[[number]]\nnumber = \"+4930123450\"\n";
  CHECK(has(only(number + "route = \"extension:102\"\n"), "no extension \"102\""));
  CHECK(has(only(carrier + number + "trunk = \"carier\"\nroute = \"reject:busy\"\n"),
            "Did you mean \"carrier\"?"));
  CHECK(has(only("[[outbound]]\nmatch = \"*\"\ntrunks = [\"carrier\"]\n"), "no trunk"));
  // What it refers to may stand further down.
  CHECK(parsed(number + "route = \"extension:101\"\n" + ada).problems.empty());
}

TEST_CASE("routes are read, and those to come are named as such") {
  const std::string number = "[[number]]\nnumber = \"+4930123450\"\nroute = ";
  const Parsed forward = parsed(number + "\"number:030 555 12345\"\n");
  CHECK(forward.problems.empty());
  CHECK(forward.config.directory.numbers.at(0).route.argument == "+493055512345");
  CHECK(parsed(number + "\"reject:busy\"\n").problems.empty());
  CHECK(has(only(number + "\"menu:main\"\n"), "not available in this version"));
  CHECK(has(only(number + "\"reject:rudely\"\n"), "reject:decline"));
  CHECK(has(only(number + "\"extension\"\n"), "is no route"));
  CHECK(has(only(number + "\"number:abc\"\n"), "no telephone number"));
}

TEST_CASE("numbers become E.164 by the country, short codes stay as they are") {
  const auto number_of = [](const std::string& text) {
    const Parsed result =
        parsed("[[number]]\nnumber = \"" + text + "\"\nroute = \"reject:busy\"\n");
    return result.good() ? result.config.directory.numbers.at(0).number : "";
  };
  CHECK(number_of("030 123450") == "+4930123450");
  CHECK(number_of("+44 20 7946 0000") == "+442079460000");
  CHECK(number_of("100") == "100");
  CHECK(number_of("sip:100") == "");
  CHECK(number_of("") == "");
}

TEST_CASE("outbound patterns are prefixes, everything, or one number") {
  const auto pattern_of = [](const std::string& text) {
    const Parsed result =
        parsed(carrier + "[[outbound]]\nmatch = \"" + text + "\"\ntrunks = [\"carrier\"]\n");
    return result.good() ? result.config.directory.outbound.at(0).match : "refused";
  };
  CHECK(pattern_of("+49*") == "+49*");
  CHECK(pattern_of("*") == "*");
  CHECK(pattern_of("112") == "112");
  CHECK(pattern_of("030 123450") == "+4930123450");
  CHECK(pattern_of("+4*9") == "refused");
  CHECK(pattern_of("+4[0-9]*") == "refused");
  CHECK(pattern_of("") == "refused");
  const Parsed national =
      parsed(carrier + "[[outbound]]\nmatch = \"0*\"\ntrunks = [\"carrier\"]\n");
  CHECK(national.good());
  CHECK(find(national, "hardly matches") != nullptr);
}

TEST_CASE("a password is sealed, or warned of, and never repeated in a message") {
  CHECK(parsed(ada).problems.empty());
  const Parsed plain = parsed(extension("password = \"hunter2hunter2\"\n"));
  CHECK(plain.good());
  CHECK(find(plain, "plain text") != nullptr);
  const Parsed weak = parsed(extension("password = \"sealed:v1:short\"\n"));
  CHECK(weak.good());
  CHECK(find(weak, "weak") != nullptr);
  const Parsed own = parsed("[[extension]]\nnumber = \"12345678\"\npassword = \"12345678\"\n");
  CHECK(find(own, "own number") != nullptr);
  CHECK(has(only(extension("password = \"sealed:v1:secretly\"\n")), "cannot be opened"));
  CHECK(has(only(extension("password = \"\"\n")), "is empty"));
  CHECK(has(only(extension("")), "\"password\" is missing"));
  for (const char* bad : {"\"hunter2\"", "\"sealed:v1:hunter2\"", "\"hunter2\\u0001\""}) {
    const Parsed result = parsed(extension("password = " + std::string(bad) + "\n"));
    CHECK(describe(result.problems, "t").find("hunter2") == std::string::npos);
  }
}

TEST_CASE("a trunk needs credentials to register, and some way for calls to come in") {
  const std::string bare = "[[trunk]]\nname = \"carrier\"\nserver = \"sip.example.net\"\n";
  CHECK(has(only(bare + "register = true\n"), "needs \"username\" and \"password\""));
  const Parsed deaf = parsed(bare);
  CHECK(deaf.good());
  CHECK(find(deaf, "no call can come in") != nullptr);
  CHECK(has(only("[[trunk]]\nname = \"a\"\nserver = \"sip:b\"\naddresses = []\n"), "without"));
  CHECK(has(only(carrier + "username = \"a@b\"\n"), "user name"));
  CHECK(has(only("[[trunk]]\nname = \"a\"\nserver = \"b\"\naddresses = [\"1.2.3.4.5\"]\n"),
            "no network, address or host:port"));
}

TEST_CASE("what is to come is refused as a table and warned of as a key") {
  CHECK(has(only("[[queue]]\nname = \"sales\"\n"), "not available in this version"));
  const Parsed keys = parsed(ada + "voicemail = true\n");
  CHECK(keys.good());
  CHECK(keys.problems.size() == 1);
  CHECK(find(keys, "[[extension]] voicemail: has no effect in this version.") != nullptr);
}

TEST_CASE("bad syntax comes with a hint at what was probably forgotten") {
  CHECK(has(only("[server]\nname = \"Acme\ncountry = \"DE\"\n"), "closing quote"));
  CHECK(has(only("[server]\nname = 'Acme\n"), "closing quote"));
  CHECK(has(only("[server]\nname = \"Acme"), "closing quote"));
  CHECK(has(only("[server]\nname = Acme\n"), "Text stands in quotes"));
  CHECK(has(only("[server]\nname = \"A\" \"B\"\n"), "One key a line"));
  CHECK(has(only("[[extension]\n"), "[[name]] one of several"));
  CHECK(has(only("[sip]\nlisten = [\"udp://0.0.0.0:5060\"\n[http]\n"), "lacks its ]"));
  CHECK(has(only("[server]\nname \"x\"\n"), "needs a ="));
  CHECK(has(only("[server]\nname = \"a\"\nname = \"b\"\n"), "once in its table"));
  CHECK(has(only("[server]\nname = \u201cAcme\u201d\n"), "typographic quotes"));
}

TEST_CASE("bad syntax is told with its line") {
  CHECK(only("[server]\nname = \"Acme\n").starts_with("2 "));
  CHECK(only("a = 1\na = 2\n").starts_with("2 "));
  CHECK_FALSE(parsed(std::string(300, '[')).good());
  CHECK_FALSE(parsed("a = \"\xff\xfe\"\n").good());
  CHECK_FALSE(parsed(std::string("a = 1\n\0", 7)).good());
}

TEST_CASE("a file that is too large or has too many problems is refused in few words") {
  CHECK(has(only(std::string((4 << 20) + 1, '#')), "larger than 4 MiB"));
  std::string many = "[server]\n";
  for (int i = 0; i < 5000; ++i) many += "key" + std::to_string(i) + " = 1\n";
  const Parsed result = parsed(many);
  CHECK(result.problems.size() == 1001);
  CHECK(result.problems.back().text == "There are more errors than are listed here.");
}

TEST_CASE("problems are described with file, line and hint") {
  const std::vector<Problem> problems{{3, "Wrong.", "Do this.", true}, {0, "Odd.", "", false}};
  CHECK(describe(problems, "a.toml") == "a.toml:3: Wrong.\n    Do this.\na.toml: warning: Odd.\n");
}

TEST_CASE("the data folder is found before anything else is read") {
  CHECK(data_dir_of("[server]\ndata_dir = \"/srv/x\"\n[sip]\nbad = 1\n") == "/srv/x");
  CHECK(data_dir_of("") == "/var/lib/ringfort");
  CHECK(data_dir_of("[server]\ndata_dir = 5\n") == "/var/lib/ringfort");
  CHECK(data_dir_of("[[") == "/var/lib/ringfort");
}

TEST_CASE("hold music is a file, the packaged one or none") {
  const auto problems = [](const std::string& value) {
    return parse("[media]\nhold_music = \"" + value + "\"\n", {}).problems.size();
  };
  CHECK(problems("auto") == 0);
  CHECK(problems("") == 0);
  CHECK(problems("file:a.wav") == 0);
  CHECK(problems("file:") == 1);
  CHECK(problems("a.wav") == 1);
}

}  // namespace
}  // namespace ringfort::config
