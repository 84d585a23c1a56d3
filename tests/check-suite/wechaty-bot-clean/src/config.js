// 群助手配置，密钥都在环境变量里
export const config = {
  model: process.env.MODEL || 'gpt-4o-mini',
  owner: process.env.BOT_OWNER,
  maxTokens: 1000,
  maxRounds: 6,
  home: 'https://example.com/qun-zhushou',
  // base: 'https://api.moonshot.cn/v1',
};
