#include "app/commands.hpp"
#include "app/open_store.hpp"
#include "app/output.hpp"
#include "base/text.hpp"
#include "report/exit_code.hpp"
#include "store/bundle.hpp"

namespace gannet::app {

using report::ExitCode;

namespace {

Result<void> export_scan(const ExportArguments& arguments) {
  auto store = TRY(OpenStore::open(arguments.common));
  const auto id = TRY((*store)->find_scan_blocking(arguments.scan));
  const auto evidence = TRY((*store)->load_evidence_blocking(id));
  TRY(store::write_bundle_blocking(evidence, arguments.file));
  auto output = TRY(Output::open({}));
  output.add(fmt::format(
      "Wrote {} of {} sealed parts of scan {} to {}.\nSigned by the key {}: publish it where those who check the "
      "file can find it.\n",
      evidence.parts.size(), evidence.seal.parts.size(), id.to_string(), arguments.file.string(), evidence.seal.public_key));
  return output.finish();
}

std::string words(const store::BundleCheck& check, bool is_key_known) {
  const auto& seal = check.seal;
  auto text = fmt::format("Scan {}, sealed {} by gannet {}.\n{} of {} parts are there, each as it was sealed.\n",
                          seal.scan_id.to_string(), format_instant(seal.sealed_at), printable(seal.gannet_version, 50),
                          check.parts_intact, seal.parts.size());
  for (const auto& name : check.missing) text += fmt::format("missing: {}\n", printable(name, 200));
  text += fmt::format("Signed by the key {}{}\n", seal.public_key,
                      is_key_known ? ", as asked." : ".\nCompare it with the one that was published: --key KEY does.");
  return text;
}

Result<ExitCode> verify(const VerifyArguments& arguments) {
  auto checked = store::check_bundle_blocking(arguments.file);
  if (!checked && checked.error().kind() != ErrorKind::invalid) return pass(checked);
  auto output = TRY(Output::open({}));
  auto code = ExitCode::fine;
  if (!checked) {
    output.add(fmt::format("NOT GENUINE: {}.\n", checked.error().describe()));
    code = ExitCode::findings;
  } else if (!arguments.key.empty() && to_lower(arguments.key) != checked->seal.public_key) {
    output.add(
        fmt::format("NOT GENUINE: signed by the key {}, not by {}.\n", checked->seal.public_key, printable(arguments.key, 100)));
    code = ExitCode::findings;
  } else {
    output.add(words(*checked, !arguments.key.empty()));
    if (!checked->missing.empty()) code = ExitCode::partial;
  }
  TRY(output.finish());
  return code;
}

}  // namespace

int run_command(const ExportArguments& arguments) {
  const auto done = export_scan(arguments);
  return done ? 0 : complain(done.error());
}

int run_command(const VerifyArguments& arguments) {
  const auto code = verify(arguments);
  return code ? int(*code) : complain(code.error());
}

}  // namespace gannet::app
