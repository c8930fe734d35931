// What belongs to one installation: its data folder and the secret keys that value digests and seals are made with.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "evidence/signer.hpp"

namespace gannet::app {

/// Makes the data folder where it is missing (mode 0700). Errors name it.
Result<void> make_data_folder(const std::filesystem::path& data_dir);

/// Makes the data folder where it is missing and reads the key in it, `digest.key`, making it on first use (32 random
/// bytes, mode 0600). Errors name the folder or file.
Result<std::string> load_digest_key(const std::filesystem::path& data_dir);

/// Likewise the key that evidence is sealed with, `seal.key`.
Result<evidence::Signer> load_signer(const std::filesystem::path& data_dir);

}  // namespace gannet::app
