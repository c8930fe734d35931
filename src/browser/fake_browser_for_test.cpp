// A browser without a browser, for tests: speaks --remote-debugging-pipe on descriptors 3 and 4, answers what Gannet asks as
// Chromium does with one empty page, and does what Chromium will not do on demand. How it misbehaves stands in the file
// "PROGRAM.rules" beside the name it was started by, a JSON list of rules, and is changed while it runs by commands of its own:
//
//   Fake.rule {rule}               adds a rule; a later one goes before an earlier one
//   Fake.emit {messages: [...]}    sends the messages as they stand, then replies
//   Fake.huge {sessionId}          sends an event of 33 MiB in that session, then replies
//   Fake.log {}                    replies with all commands received so far
//   Fake.exit {code}               ends without a reply
//
// A rule: {"method": METHOD or "start", and one of "silent": true, "error": {…}, "result": {…}, "exit": code;
// "emit": [...] messages before the reply, "stderr": text}
#include <unistd.h>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include <boost/json.hpp>

namespace {

namespace json = boost::json;

constexpr int k_read_fd = 3;
constexpr int k_write_fd = 4;
constexpr const char* k_third_url = "https://third.gannet-probe-other.invalid/";

std::string text(const json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

class FakeBrowser {
 public:
  explicit FakeBrowser(const std::string& rules_file) {
    if (std::ifstream file(rules_file); file) {
      const std::string content{std::istreambuf_iterator<char>(file), {}};
      for (const auto& rule : json::parse(content).as_array()) rules_.insert(rules_.begin(), rule.as_object());
    }
    if (const auto* rule = find_rule("start")) misbehave(*rule);
  }

  void serve() {
    std::string buffer;
    char bytes[65536];
    for (;;) {
      const auto count = ::read(k_read_fd, bytes, sizeof bytes);
      if (count <= 0) return;
      buffer.append(bytes, std::size_t(count));
      for (std::size_t end = 0; (end = buffer.find('\0')) != std::string::npos; buffer.erase(0, end + 1))
        handle(json::parse(buffer.substr(0, end)).as_object());
    }
  }

 private:
  void handle(const json::object& command) {
    const auto method = text(command, "method");
    const auto& params = command.at("params").as_object();
    log_.push_back(command);
    json::object reply{{"id", command.at("id")}};
    if (const auto session = text(command, "sessionId"); !session.empty()) reply["sessionId"] = session;
    if (method == "Fake.rule") {
      rules_.insert(rules_.begin(), params);
    } else if (method == "Fake.exit") {
      std::_Exit(int(params.at("code").as_int64()));
    } else if (method == "Fake.emit") {
      for (const auto& message : params.at("messages").as_array()) write(message);
    } else if (method == "Fake.huge") {
      emit(text(params, "sessionId"), "Huge.event", {{"x", std::string(33U << 20, 'x')}});
    } else if (method == "Fake.log") {
      reply["result"] = json::object{{"commands", log_}};
      return write(reply);
    } else if (const auto* rule = find_rule(method)) {
      misbehave(*rule);
      if (rule->contains("silent")) return;
      for (const char* key : {"error", "result"})
        if (const auto* value = rule->if_contains(key)) reply[key] = *value;
      if (rule->contains("error") || rule->contains("result")) return write(reply);
    }
    reply["result"] = answer(method, text(command, "sessionId"), params);
    write(reply);
    if (method == "Browser.close") std::_Exit(0);
  }

  const json::object* find_rule(const std::string& method) const {
    for (const auto& rule : rules_)
      if (text(rule.get_object(), "method") == method) return &rule.get_object();
    return nullptr;
  }

  void misbehave(const json::object& rule) {
    std::cerr << text(rule, "stderr") << std::flush;
    if (const auto* code = rule.if_contains("exit")) std::_Exit(int(code->as_int64()));
    if (const auto* messages = rule.if_contains("emit"))
      for (const auto& message : messages->as_array()) write(message);
  }

  /// Sends the events that go with the command, in Chromium's order, and returns its result.
  json::object answer(const std::string& method, const std::string& session, const json::object& params) {
    if (method == "Browser.getVersion")
      return {{"product", "HeadlessChrome/156.0.1.2"}, {"userAgent", "Mozilla/5.0 HeadlessChrome/156.0.0.0 Safari/537.36"}};
    if (method == "Target.createBrowserContext") return {{"browserContextId", "C" + std::to_string(++contexts_)}};
    if (method == "Target.createTarget") {
      const auto number = std::to_string(++targets_);
      const json::object target{{"targetId", "T" + number},
                                {"type", "page"},
                                {"url", "about:blank"},
                                {"browserContextId", params.at("browserContextId")}};
      emit("", "Target.attachedToTarget", {{"sessionId", "S" + number}, {"targetInfo", target}, {"waitingForDebugger", true}});
      return {{"targetId", "T" + number}};
    }
    if (method == "Target.closeTarget") {
      emit("", "Target.detachedFromTarget", {{"sessionId", "S" + text(params, "targetId").substr(1)}});
      return {{"success", true}};
    }
    if (method == "Runtime.enable" && session.starts_with('S')) emit_context(session, "T" + session.substr(1), 1, "about:");
    if (method == "Page.navigate") return navigate(session, text(params, "url"));
    if (method == "Page.createIsolatedWorld") return {{"executionContextId", 77}};
    if (method == "Runtime.evaluate")
      return {{"result", {{"type", "string"}, {"value", text(params, "expression") == "document.cookie" ? "probe=1" : "0"}}}};
    return {};
  }

  json::object navigate(const std::string& session, const std::string& url) {
    const std::string frame = "T" + session.substr(1);
    emit_frame(session, frame, "", url);
    emit(session, "Runtime.executionContextsCleared", {});
    emit_context(session, frame, 2, url);
    emit(session, "Page.frameAttached", {{"frameId", "F1"}, {"parentFrameId", frame}});
    emit_frame(session, "F1", frame, k_third_url);
    emit_context(session, "F1", 3, k_third_url);
    emit(session, "Page.loadEventFired", {});
    return {{"frameId", frame}, {"loaderId", "L1"}};
  }

  void emit_frame(const std::string& session, const std::string& id, const std::string& parent, const std::string& url) {
    emit(session, "Page.frameNavigated", {{"frame", {{"id", id}, {"parentId", parent}, {"url", url}}}});
  }

  void emit_context(const std::string& session, const std::string& frame, int id, const std::string& origin) {
    emit(session, "Runtime.executionContextCreated",
         {{"context", {{"id", id}, {"origin", origin}, {"name", ""}, {"auxData", {{"frameId", frame}, {"isDefault", true}}}}}});
  }

  void emit(const std::string& session, const char* method, json::object params) {
    json::object event{{"method", method}, {"params", std::move(params)}};  // "sessionId" comes last, as from Chromium.
    if (!session.empty()) event["sessionId"] = session;
    write(event);
  }

  static void write(const json::value& message) {
    const auto bytes = json::serialize(message) + '\0';
    std::string_view rest = bytes;
    while (!rest.empty()) {
      const auto count = ::write(k_write_fd, rest.data(), rest.size());
      if (count <= 0) std::_Exit(0);
      rest.remove_prefix(std::size_t(count));
    }
  }

  json::array rules_;
  json::array log_;
  int contexts_ = 0;
  int targets_ = 0;
};

}  // namespace

int main(int, char** argv) {
  FakeBrowser browser(std::string(argv[0]) + ".rules");
  browser.serve();
}
