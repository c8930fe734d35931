#include "scan/impl/network_error.hpp"

#include <gtest/gtest.h>

namespace gannet::scan {
namespace {

TEST(NetworkError, is_said_in_plain_words_beside_its_name) {
  EXPECT_EQ(words_for_network_error("net::ERR_NAME_NOT_RESOLVED"), "the host name does not exist (net::ERR_NAME_NOT_RESOLVED)");
  EXPECT_EQ(words_for_network_error("net::ERR_RESPONSE_HEADERS_TOO_BIG"),
            "the headers of the answer are larger than a browser takes, 256 KiB (net::ERR_RESPONSE_HEADERS_TOO_BIG)");
}

TEST(NetworkError, is_not_taken_for_a_wider_one) {
  EXPECT_EQ(words_for_network_error("net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
            "the server speaks only kinds of TLS that are not safe any more (net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH)");
  EXPECT_EQ(words_for_network_error("net::ERR_SSL_PROTOCOL_ERROR"),
            "the server does not speak TLS correctly (net::ERR_SSL_PROTOCOL_ERROR)");
  EXPECT_EQ(words_for_network_error("net::ERR_CERT_INVALID"), "the certificate is malformed (net::ERR_CERT_INVALID)");
}

TEST(NetworkError, without_words_stays_as_it_is) {
  EXPECT_EQ(words_for_network_error("net::ERR_NEW_IN_157"), "net::ERR_NEW_IN_157");
  EXPECT_EQ(words_for_network_error("the connection broke"), "the connection broke");
}

}  // namespace
}  // namespace gannet::scan
