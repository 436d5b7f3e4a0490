#include "nn/task_model.h"

#include "nn/init.h"
#include "tensor/errors.h"

namespace gradus {

const char* name_of(Pooling pooling) { return pooling == Pooling::mean ? "mean" : "token"; }

int64_t TaskConfig::outputs() const {
  if (kind == TaskKind::regression) return 1;
  return kind == TaskKind::spans ? 2 : static_cast<int64_t>(labels.size());
}

TaskModel::TaskModel(const BackboneConfig& backbone, TaskConfig t) : task(std::move(t)) {
  check_value(task.outputs() > 0, "TaskModel: there are no labels to tell apart");
  check_value(!task.reads_tokens() || task.pooling == Pooling::token,
              "TaskModel: tags and spans are read token by token; there is no mean to take");
  const int64_t C = std::visit([](const auto& c) { return c.n_embd; }, backbone);
  if (const BERTConfig* config = std::get_if<BERTConfig>(&backbone)) {
    bert = child("bert", BERT(*config));
    if (!task.reads_tokens() && task.pooling == Pooling::token) pooler = child("pooler", Pooler(C));
  } else {
    check_value(!task.reads_tokens(),
                "TaskModel: a GPT does not see what follows a token, so it cannot tag tokens; "
                "take a BERT");
    GPTConfig trunk = std::get<GPTConfig>(backbone);
    trunk.tie_weights = true;  // no head of its own
    gpt = child("gpt", GPT(trunk));
  }
  classifier = child("classifier", Linear(C, task.outputs(), {.bias = bert.has_value()}));
  std::vector<NamedTensor> heads = named_parameters();
  std::erase_if(heads, [](const NamedTensor& p) {
    return p.name.starts_with("bert.") || p.name.starts_with("gpt.");
  });
  init::transformer(heads, std::visit([](const auto& c) { return c.init_std; }, backbone));
}

Tensor TaskModel::hidden(const Tokens& ids, const Tokens& types, const Tensor& key_mask) const {
  return bert ? bert->hidden(ids, types, key_mask) : gpt->hidden(ids);
}

Tensor TaskModel::operator()(const Tokens& ids, const Tokens& types, const Tensor& key_mask) const {
  return head(gathered(hidden(ids, types, key_mask), key_mask));
}

Tensor TaskModel::gathered(const Tensor& x, const Tensor& key_mask) const {
  if (task.reads_tokens()) return x;
  if (task.pooling == Pooling::mean) return mean_pooled(x, key_mask).unsqueeze(1);
  if (bert) return x.narrow(1, 0, 1);  // [CLS]
  return rows_at(x, last_positions(x.shape(), key_mask)).unsqueeze(1);
}

Tensor TaskModel::head(const Tensor& x) const {
  if (task.kind == TaskKind::spans) return (*classifier)(x);
  if (task.reads_tokens()) return (*classifier)(drop(x));
  return (*classifier)(drop(pooler ? (*pooler)(x) : x.select(1, 0)));
}

BackboneConfig TaskModel::backbone() const {
  return bert ? BackboneConfig(bert->config) : BackboneConfig(gpt->config);
}

int64_t TaskModel::n_embd() const { return bert ? bert->config.n_embd : gpt->config.n_embd; }

int64_t TaskModel::block_size() const {
  return bert ? bert->config.block_size : gpt->config.block_size;
}

int64_t TaskModel::n_layer() const { return bert ? bert->config.n_layer : gpt->config.n_layer; }

Tensor mean_pooled(const Tensor& hidden, const Tensor& key_mask) {
  if (!key_mask.defined()) return mean(hidden, {1});
  const Tensor weights = key_mask.view({hidden.dim(0), hidden.dim(1), 1});
  return sum(hidden * weights, {1}) / maximum(sum(weights, {1}), scalar(1));
}

Tokens last_positions(const Shape& batch, const Tensor& key_mask) {
  const int64_t B = batch[0], T = batch[1];
  Tokens positions({B});
  for (int64_t b = 0; b < B; ++b) {
    int64_t last = T - 1;
    while (key_mask.defined() && last > 0 && key_mask.data()[b * T + last] == 0) --last;
    positions.data()[b] = static_cast<int32_t>(b * T + last);
  }
  return positions;
}

}  // namespace gradus
