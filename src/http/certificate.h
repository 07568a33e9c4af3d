// The generated TLS identity: a certificate authority of this box's own and a server certificate
// signed by it, used by the web server and by SIP over TLS until the administrator installs one.
// Called once at start, before any thread.
#pragma once

#include <string>
#include <vector>

namespace ringfort::http {

// Makes what is missing or ends within 30 days in `tls_dir` (0700, files 0600):
//   ca.pem, ca-key.pem              the authority; a phone or browser may be told to trust it
//   certificate.pem, key.pem        the server's, for `host_name`, localhost and `addresses`
//   agent.pem, cafile.pem           the same two as the SIP stack wants them
// The authority stays the same when only the server's certificate is renewed. Throws
// std::runtime_error.
void ensure_certificates(const std::string& tls_dir, const std::string& host_name,
                         const std::vector<std::string>& addresses);

}  // namespace ringfort::http
