// Between a setting's text and its value. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "conf/settings.hpp"

namespace gannet::conf {

/// Reads `text` into the member that the setting names. The error completes "it must be …".
std::expected<void, std::string> assign(const Setting& setting, std::string_view text, Settings& settings);

/// The value in effect, as it could be written.
std::string to_text(const Setting& setting, const Settings& settings);

/// "whole number from 1 to 1000", "duration from 1 s to 1 d", "true or false".
std::string kind_text(const Setting& setting);

}  // namespace gannet::conf
