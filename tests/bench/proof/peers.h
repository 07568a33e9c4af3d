// Both ends of many short calls: carriers as a trunk's far side sees them. Each call has its
// time, its length and its number; what became of it is remembered. Used by one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include <netinet/in.h>

#include "../generator/sip_load.h"
#include "streams.h"

namespace ringfort::bench {

struct PeerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t server_port = 0;
  std::uint16_t caller_port = 0;
  std::uint16_t callee_port = 0;
  std::string number = "4930123450";
  int calls = 100;
  int first = 0;        // number of the first call: no two runs share one
  double rate = 30;     // new calls a second
  double shortest = 3;  // seconds of talk
  double longest = 12;
  unsigned seed = 1;
};

struct PeerCall {
  enum class State { waiting, inviting, up, ending, done, failed };
  State state = State::waiting;
  double due_at = 0;        // from the start of the run
  double talk = 0;          // seconds
  double placed_at = 0;     // steady seconds from here on; 0: it did not happen
  double picked_up_at = 0;  // the callee's first 200
  double answered_at = 0;   // the caller's 200 came
  double ended_at = 0;      // the BYE was sent or came
  const char* ended_by = "";
  int status = 0;  // of a refusal
  // The caller's dialog.
  bool heard = false;
  int repeats = 0;
  std::string to, contact, last;
  // The callee's dialog.
  std::string callee_id;
  std::string callee_ok;  // repeated until the ACK comes
  sockaddr_in callee_peer{};
  sockaddr_in callee_audio{};
  bool acknowledged = false;
};

class Peers {
 public:
  explicit Peers(const PeerOptions& options);

  // Does what is due and takes what came; returns within about a millisecond.
  void turn();
  void stop();    // the server is gone: forget it
  void finish();  // end every call now, start no more
  bool over() const;
  // Hears and says nothing for so long, as a trunk that is lost.
  void go_deaf(double seconds);
  // One JSON line a call that was placed, and one for the times of deafness.
  void report() const;

 private:
  using State = PeerCall::State;
  void place_due(double now);
  void place(std::size_t n);
  void end(std::size_t n);
  void repeat(double now);
  std::string request(std::size_t n, const char* method, int cseq, const std::string& body) const;
  void take_for_caller(const std::string& message, const sockaddr_in& from);
  void take_answer(std::size_t n, int status, const std::string& message);
  void take_for_callee(const std::string& message, const sockaddr_in& from);
  void take_invite(const std::string& id, const std::string& message, const sockaddr_in& from);
  void gone(std::size_t n, const char* by);
  std::string reply(const std::string& message, std::uint16_t port, bool description) const;
  void report_call(std::size_t n) const;

  const PeerOptions options_;
  UdpSocket caller_socket_, callee_socket_;
  Streams caller_audio_, callee_audio_;
  const sockaddr_in server_;
  const std::string run_;
  const double began_ = steady_seconds();
  std::vector<PeerCall> calls_;
  std::unordered_map<std::string, std::size_t> by_callee_id_;
  std::vector<std::pair<double, double>> deaf_spans_;
  double deaf_until_ = 0;
  double repeated_at_ = 0;
  bool finishing_ = false;
  bool stopped_ = false;
};

}  // namespace ringfort::bench
