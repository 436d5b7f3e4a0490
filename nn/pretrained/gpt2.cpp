#include "nn/pretrained/gpt2.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "autograd/mode.h"
#include "data/file.h"
#include "data/json.h"
#include "data/safetensors_set.h"
#include "tensor/map.h"

namespace gradus {
namespace {

using nlohmann::json;
using std::filesystem::path;

constexpr std::string_view prefix = "transformer.";

// Where a parameter of ours stands in their file.
std::string stored_name(const std::string& name) {
  return name.starts_with("lm_head.") ? name : std::string(prefix) + name;
}

// Their Conv1D keeps weights as (in, out), our Linear as (out, in).
bool is_conv1d(std::string_view name) {
  return name.ends_with("c_attn.weight") || name.ends_with("c_proj.weight") ||
         name.ends_with("c_fc.weight");
}

// Buffers that older versions stored beside the weights.
bool is_ignored(std::string_view name) {
  return name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias");
}

std::string without_prefix(const std::string& name) {
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

// Settings that GPT-2 itself does not have. A model that uses them is not called gpt2.
bool is_plain_gpt2(const GPTConfig& c) {
  return c.norm == NormKind::layer && c.placement == Placement::pre;
}

struct ActivationName {
  Activation activation;
  const char* name;
};
constexpr ActivationName activation_names[] = {{Activation::gelu_tanh, "gelu_new"},
                                               {Activation::gelu, "gelu"},
                                               {Activation::relu, "relu"},
                                               {Activation::silu, "silu"}};

std::string name_of(Activation activation) {
  for (const ActivationName& a : activation_names) {
    if (a.activation == activation) return a.name;
  }
  return "";
}

json to_json(const GPTConfig& c) {
  return {{"architectures", {"GPT2LMHeadModel"}},
          {"model_type", is_plain_gpt2(c) ? "gpt2" : "gradus-gpt"},
          {"vocab_size", c.vocab_size},
          {"n_positions", c.block_size},
          {"n_ctx", c.block_size},
          {"n_embd", c.n_embd},
          {"n_layer", c.n_layer},
          {"n_head", c.n_head},
          {"n_inner", nullptr},
          {"activation_function", name_of(c.activation)},
          {"embd_pdrop", c.dropout},
          {"resid_pdrop", c.dropout},
          {"attn_pdrop", 0.0},
          {"layer_norm_epsilon", c.norm_eps},
          {"initializer_range", c.init_std},
          {"tie_word_embeddings", c.tie_weights},
          {"torch_dtype", sizeof(real) == 8 ? "float64" : "float32"},
          {"gradus",
           {{"bias", c.bias},
            {"norm", c.norm == NormKind::layer ? "layer" : "rms"},
            {"placement", c.placement == Placement::pre ? "pre" : "post"},
            {"document_token", c.document_token}}}};
}

// Reads typed values out of a config, naming file and key when something is off.
class Reader {
 public:
  Reader(const json& object, path file) : object_(object), file_(std::move(file)) {}

  int64_t integer(const char* key) const {
    // Above 2^63 a number counts as unsigned only.
    const bool whole =
        object_.contains(key) && object_[key].is_number_integer() &&
        (!object_[key].is_number_unsigned() || object_[key].get<uint64_t>() >> 63 == 0);
    check<FileError>(whole, "{}: '{}' must be a whole number", file_.string(), key);
    return object_[key].get<int64_t>();
  }
  real number(const char* key, real absent) const {
    if (!object_.contains(key)) return absent;
    check<FileError>(object_[key].is_number(), "{}: '{}' must be a number", file_.string(), key);
    return object_[key].get<real>();
  }
  bool flag(const char* key, bool absent) const {
    if (!object_.contains(key)) return absent;
    check<FileError>(object_[key].is_boolean(), "{}: '{}' must be true or false", file_.string(),
                     key);
    return object_[key].get<bool>();
  }
  std::string word(const char* key, const std::string& absent) const {
    if (!object_.contains(key)) return absent;
    check<FileError>(object_[key].is_string(), "{}: '{}' must be a string", file_.string(), key);
    return object_[key].get<std::string>();
  }
  /// Whether the word is `second`; it may also be `first`, which is what absence means.
  bool is_second(const char* key, const char* first, const char* second) const {
    const std::string found = word(key, first);
    check<FileError>(found == first || found == second, "{}: unknown {} '{}'", file_.string(), key,
                     found);
    return found == second;
  }
  /// Throws unless the flag has the one value that is supported, which is what absence means.
  void require(const char* key, bool supported) const {
    check<FileError>(flag(key, supported) == supported, "{}: {} = {} is not supported",
                     file_.string(), key, !supported);
  }

 private:
  const json& object_;
  path file_;
};

GPTConfig from_json(const json& object, const path& file) {
  check<FileError>(object.is_object(), "{}: not a JSON object", file.string());
  const Reader reader(object, file);
  const std::string type = reader.word("model_type", "gpt2");
  check<FileError>(type == "gpt2" || type == "gradus-gpt", "{}: model_type '{}' is not gpt2",
                   file.string(), type);
  reader.require("scale_attn_weights", true);
  reader.require("scale_attn_by_inverse_layer_idx", false);
  reader.require("add_cross_attention", false);
  GPTConfig c{.block_size = reader.integer("n_positions"),
              .vocab_size = reader.integer("vocab_size"),
              .n_layer = reader.integer("n_layer"),
              .n_head = reader.integer("n_head"),
              .n_embd = reader.integer("n_embd"),
              .dropout = reader.number("resid_pdrop", real(0.1)),
              .tie_weights = reader.flag("tie_word_embeddings", true),
              .norm_eps = reader.number("layer_norm_epsilon", real(1e-5)),
              .init_std = reader.number("initializer_range", real(0.02))};
  const std::string wanted = reader.word("activation_function", "gelu_new");
  const auto* found = std::find_if(std::begin(activation_names), std::end(activation_names),
                                   [&](const ActivationName& a) { return wanted == a.name; });
  check<FileError>(found != std::end(activation_names), "{}: unknown activation_function '{}'",
                   file.string(), wanted);
  c.activation = found->activation;
  if (object.contains("gradus")) {
    const Reader own(object["gradus"], file);
    c.bias = own.flag("bias", true);
    c.norm = own.is_second("norm", "layer", "rms") ? NormKind::rms : NormKind::layer;
    c.placement = own.is_second("placement", "pre", "post") ? Placement::post : Placement::pre;
    const int64_t token =
        object["gradus"].contains("document_token") ? own.integer("document_token") : int64_t{-1};
    check<FileError>(token >= -1 && token < c.vocab_size,
                     "{}: document_token {} must be -1 or below vocab_size {}", file.string(),
                     token, c.vocab_size);
    c.document_token = static_cast<int32_t>(token);
  }
  try {
    c.checked();
  } catch (const ValueError& error) {
    throw FileError(fmt::format("{}: {}", file.string(), error.what()));
  }
  const bool inner = object.contains("n_inner") && !object["n_inner"].is_null();
  check<FileError>(!inner || reader.integer("n_inner") == 4 * c.n_embd,
                   "{}: n_inner must be 4 n_embd = {}", file.string(), 4 * c.n_embd);
  return c;
}

// Layers whose bias is written as zeros, because GPT2LMHeadModel has one there.
std::vector<std::pair<std::string, Shape>> absent_biases(const GPT& model) {
  std::vector<std::pair<std::string, Shape>> result;
  if (model.config.bias) return result;
  for (const NamedTensor& p : model.named_parameters()) {
    if (p.name.starts_with("w") || p.name.starts_with("lm_head") || !p.name.ends_with(".weight"))
      continue;
    const std::string base = p.name.substr(0, p.name.size() - std::string_view("weight").size());
    result.emplace_back(base + "bias", Shape{p.tensor.dim(0)});
  }
  return result;
}

bool all_zero(const Tensor& x) {
  return std::all_of(x.data(), x.data() + x.numel(), [](real v) { return v == 0; });
}

bool same_values(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && std::equal(a.data(), a.data() + a.numel(), b.data());
}

// The tensors of a folder under our names, and everything that is wrong with them.
class Checkpoint {
 public:
  explicit Checkpoint(const path& directory) : directory_(directory), files_(directory) {
    for (const std::string& stored : files_.names()) {
      if (is_ignored(stored)) continue;
      const bool fresh = unread_.insert({without_prefix(stored), stored}).second;
      if (!fresh) note(without_prefix(stored) + " stands there twice, with and without prefix");
    }
  }

  /// The tensor of that name and shape. Undefined after noting why it does not fit, and if only
  /// names and shapes are compared (`shape` is that of a model without memory).
  Tensor take(const std::string& name, const Shape& shape) {
    const auto found = unread_.find(name);
    if (found == unread_.end()) {
      problems_.push_back("missing " + name);
      return {};
    }
    const std::string stored = found->second;
    unread_.erase(found);
    const Shape wanted = is_conv1d(name) ? Shape{shape[1], shape[0]} : shape;
    const Shape& actual = files_.entry(stored).shape;
    if (actual != wanted) {
      problems_.push_back(fmt::format("{} has shape {}, expected {}", name, actual, wanted));
      return {};
    }
    if (MetaMode::enabled()) return {};
    const Tensor x = files_.tensor(stored);
    return is_conv1d(name) ? x.transpose(0, 1) : x;
  }
  bool holds(const std::string& name) const { return unread_.contains(name); }
  void note(std::string problem) { problems_.push_back(std::move(problem)); }

  void finish() {
    for (const auto& [name, stored] : unread_) problems_.push_back("unexpected " + name);
    if (problems_.empty()) return;
    constexpr size_t most = 100;  // a config of the wrong model finds fault with everything
    const size_t shown = std::min(most, problems_.size());
    const std::string rest =
        shown < problems_.size() ? fmt::format("; and {} more", problems_.size() - shown) : "";
    throw FileError(fmt::format(
        "{}: the weights do not fit the config: {}{}", directory_.string(),
        fmt::join(problems_.begin(), problems_.begin() + static_cast<std::ptrdiff_t>(shown), "; "),
        rest));
  }

 private:
  path directory_;
  SafetensorsSet files_;
  std::map<std::string, std::string> unread_;  // our name -> theirs
  std::vector<std::string> problems_;
};

}  // namespace

void save_gpt2(const GPT& model, const path& directory) {
  const NoGrad guard;
  SafetensorsContents contents{.tensors = {}};
  if (sizeof(real) == 8) contents.type = StoredType::F64;
  for (const NamedTensor& p : model.named_parameters()) {
    const Tensor x = is_conv1d(p.name) ? dense(p.tensor.detach().transpose(0, 1)) : p.tensor;
    contents.tensors.emplace_back(stored_name(p.name), x);
  }
  for (const auto& [name, shape] : absent_biases(model)) {
    contents.tensors.emplace_back(stored_name(name), zeros(shape));
  }
  write_safetensors(directory / "model.safetensors", contents);
  save_gpt2_config(model.config, directory);
}

void save_gpt2_config(const GPTConfig& config, const path& directory) {
  write_file_atomically(directory / "config.json", to_json(config).dump(2) + "\n");
}

GPTConfig load_gpt2_config(const path& directory) {
  const path file = directory / "config.json";
  return from_json(read_json(file), file);
}

namespace {

// Copies what the folder holds into the model; under MetaMode only compares names and shapes.
void fit(GPT& model, const path& directory) {
  const NoGrad guard;
  Checkpoint checkpoint(directory);
  for (NamedTensor& p : model.named_parameters()) {
    const Tensor x = checkpoint.take(p.name, p.tensor.shape());
    if (x.defined()) p.tensor.copy_(x);
  }
  for (const auto& [name, shape] : absent_biases(model)) {
    if (!checkpoint.holds(name)) continue;
    const Tensor x = checkpoint.take(name, shape);
    if (x.defined() && !all_zero(x))
      checkpoint.note(name + " is not zero in a model without biases");
  }
  if (model.config.tie_weights && checkpoint.holds("lm_head.weight")) {
    const Tensor head = checkpoint.take("lm_head.weight", model.wte.weight->shape());
    if (head.defined() && !same_values(head, model.wte.weight)) {
      checkpoint.note("lm_head.weight differs from wte.weight, to which it is tied");
    }
  }
  checkpoint.finish();
}

void check_fits(GPT& model, const path& directory) {
  const MetaMode compare_only;
  fit(model, directory);
}

}  // namespace

void load_gpt2_weights(GPT& model, const path& directory) {
  check_fits(model, directory);  // names and shapes, before anything is overwritten
  fit(model, directory);
}

GPT load_gpt2(const path& directory) {
  const GPTConfig config = load_gpt2_config(directory);
  {
    const MetaMode no_memory;  // a config that promises more than the file holds costs nothing
    GPT skeleton(config);
    fit(skeleton, directory);
  }
  GPT model(config);
  fit(model, directory);
  return model;
}

}  // namespace gradus
