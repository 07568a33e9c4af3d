// The certificate that the box makes for itself until the administrator installs one: a small CA
// of its own and one server certificate for the web and for SIP over TLS.
#pragma once

#include <string>
#include <vector>

namespace ringfort::http {

// Writes into `tls_dir`: ca.pem, certificate.pem, key.pem, and for sofia-sip agent.pem (both
// together) and cafile.pem. Does nothing while a certificate is there that is good for another 30
// days. Keys are 0600. Throws std::runtime_error.
void ensure_certificates(const std::string& tls_dir, const std::string& host_name,
                         const std::vector<std::string>& addresses);

}  // namespace ringfort::http
