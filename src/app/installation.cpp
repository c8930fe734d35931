#include "app/installation.hpp"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/random.hpp"

namespace gannet::app {

namespace {

constexpr std::size_t k_key_bytes = 32;

/// Reads the key in file `name` of the data folder, making both where they are missing.
Result<std::string> load_key(const std::filesystem::path& data_dir, const std::string& name) {
  TRY(make_data_folder(data_dir));
  const auto path = data_dir / name;
  auto key = read_file(path, Bytes{k_key_bytes});
  if (key) {
    if (key->size() != k_key_bytes)
      return fail(ErrorKind::invalid,
                  "{} holds {} bytes instead of {}; restore it from a backup, or remove it to start with a new key",
                  path.string(), key->size(), k_key_bytes);
    return key;
  }
  if (key.error().kind() != ErrorKind::not_found) return key;
  SystemRandom random;
  std::string made;
  while (made.size() < k_key_bytes) {
    const auto bits = random.next();
    for (unsigned i = 0; i < 8; ++i) made += char(bits >> (8 * i));
  }
  // link(2) does not replace: of two processes that make one at the same moment, both get the first one's.
  const auto own = data_dir / fmt::format("{}.{}", name, random.token(12));
  TRY(write_file_atomically(own, made, 0600));
  const bool is_linked = ::link(own.c_str(), path.c_str()) == 0 || errno == EEXIST;
  const int link_error = errno;
  ::unlink(own.c_str());
  if (!is_linked) return fail_errno(file_error_kind(link_error), link_error, "cannot make {}", path.string());
  return read_file(path, Bytes{k_key_bytes});
}

}  // namespace

Result<void> make_data_folder(const std::filesystem::path& data_dir) {
  std::error_code error;
  if (std::filesystem::create_directories(data_dir, error)) ::chmod(data_dir.c_str(), 0700);
  if (error)
    return std::unexpected(Error(ErrorKind::denied, fmt::format("cannot make the data folder {}", data_dir.string()), error));
  return {};
}

Result<std::string> load_digest_key(const std::filesystem::path& data_dir) { return load_key(data_dir, "digest.key"); }

Result<evidence::Signer> load_signer(const std::filesystem::path& data_dir) {
  const auto seed = TRY(load_key(data_dir, "seal.key"));
  return evidence::Signer::from_seed(seed);
}

}  // namespace gannet::app
