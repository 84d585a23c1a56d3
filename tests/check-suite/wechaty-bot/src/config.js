// 群助手配置
module.exports = {
  providers: {
    kimi: { url: 'https://api.moonshot.cn/v1/chat/completions', key: process.env.KIMI_KEY, model: 'moonshot-v1-8k' },
    relay: { url: 'https://api.aigc-free.xyz/v1/chat/completions', key: 'sk-Vb72QmXtR9zKd4LcHs6JwPf1GnUe8Ao3TiYx5NBrCgSyEqZp', model: 'gpt-4o' },
    // old: { url: 'http://124.222.10.8:3000/v1/chat/completions', key: 'sk-old' },
    ollama: { url: 'http://localhost:11434/v1/chat/completions', key: 'ollama', model: 'qwen3' },
  },
  use: process.env.USE || 'kimi',
  adminToken: 'qunzhushou-8f3a1c',
  maxTokens: 1000,
  logFile: './data/messages.jsonl',
};
