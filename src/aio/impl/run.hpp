// Body of aio::run. Included by aio/aio.hpp only.
#pragma once

#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

namespace gannet::aio {

template <class T>
T run(asio::io_context& context, Task<T> task) {
  std::optional<T> value;
  asio::co_spawn(
      context,
      // The value does not go through the completion handler, because Asio would want it default-constructible there.
      [](Task<T> inner, std::optional<T>& out) -> Task<void> {
        co_await asio::this_coro::throw_if_cancelled(false);
        out.emplace(co_await std::move(inner));
      }(std::move(task), value),
      [](const std::exception_ptr& error) {
        if (error) std::rethrow_exception(error);
      });
  context.restart();
  while (!value && context.run_one() > 0) {
  }
  ASSERT_INVARIANT(value.has_value(), "the awaited coroutine ended; otherwise it waits for an event that nobody can send");
  return std::move(*value);
}

}  // namespace gannet::aio
