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
      [](Task<T> inner) -> Task<T> {
        co_await asio::this_coro::throw_if_cancelled(false);
        co_return co_await std::move(inner);
      }(std::move(task)),
      [&](const std::exception_ptr& error, T result) {
        if (error) std::rethrow_exception(error);
        value.emplace(std::move(result));
      });
  context.restart();
  while (!value && context.run_one() > 0) {
  }
  ASSERT_INVARIANT(value.has_value(), "the awaited coroutine ended; otherwise it waits for an event that nobody can send");
  return std::move(*value);
}

}  // namespace gannet::aio
