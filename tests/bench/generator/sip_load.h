// The signalling of many calls: one UDP socket that calls, one that answers. As little SIP as a
// well-behaved carrier needs. Used by one thread.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include <netinet/in.h>

namespace ringfort::bench {

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t server_port = 0;
  std::uint16_t caller_port = 0;
  std::uint16_t callee_port = 0;
  std::string number = "4930123450";
  int calls = 100;
  int rate = 50;                 // new calls a second
  int window_s = 10;             // audio is measured for so long once all calls are up
  bool audio = true;             // false: each call ends as soon as it is answered
  std::uint16_t floor_port = 0;  // not 0: no signalling; a bare relay takes the audio from there on
};

class UdpSocket {
 public:
  UdpSocket(const std::string& host, std::uint16_t port);
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;
  int fd() const { return fd_; }
  void send(const std::string& text, const sockaddr_in& to) const;
  // False when there is nothing more.
  bool receive(std::string& text, sockaddr_in& from) const;

 private:
  int fd_ = -1;
};

sockaddr_in address_of(const std::string& host, std::uint16_t port);
// The value of the first such header; empty when there is none.
std::string header_of(const std::string& message, const std::string& name);
// Where the description in the message wants its audio; port 0 when there is none.
sockaddr_in audio_of(const std::string& message);

// Places the calls.
class Callers {
 public:
  enum class State { idle, inviting, up, ending, done, failed };
  std::function<void(std::size_t, const sockaddr_in&)> on_up;

  Callers(const Options& options, std::uint16_t rtp_port);
  int fd() const { return socket_.fd(); }
  void place(std::size_t n);
  void end(std::size_t n);
  void receive();
  void repeat_unanswered();  // every 500 ms
  std::size_t count(State state) const;
  State state(std::size_t n) const { return calls_[n].state; }

 private:
  struct Call {
    State state = State::idle;
    bool heard = false;  // any response to what was sent last
    int repeats = 0;
    std::string to;       // with the tag
    std::string contact;  // request URI of ACK and BYE
    std::string last;     // what was sent last, for repeating
  };
  std::string request(std::size_t n, const char* method, int cseq, const std::string& body);
  void take(const std::string& message, const sockaddr_in& from);
  void take_invite_response(std::size_t n, int status, const std::string& message);
  void refused(std::size_t n, const std::string& message);

  const Options& options_;
  std::uint16_t rtp_port_;
  UdpSocket socket_;
  sockaddr_in server_;
  std::string run_ = std::to_string(std::random_device{}());  // no two runs share a Call-ID
  std::vector<Call> calls_;
};

// Answers them.
class Callees {
 public:
  std::function<void(std::size_t, const sockaddr_in&)> on_up;
  std::function<void(std::size_t)> on_ended;

  Callees(const Options& options, std::uint16_t rtp_port);
  int fd() const { return socket_.fd(); }
  void receive();

 private:
  struct Call {
    std::size_t number = 0;
    sockaddr_in audio{};
    bool up = false;
  };
  void take(const std::string& message, const sockaddr_in& from);
  void respond(const std::string& message, const sockaddr_in& to, bool with_body);

  const Options& options_;
  std::uint16_t rtp_port_;
  UdpSocket socket_;
  std::unordered_map<std::string, Call> calls_;
};

}  // namespace ringfort::bench
