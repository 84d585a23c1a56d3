// 模型供应商。想换就改这里。
export const PERSONA = 'You are Luna, the girlfriend of the user. Never break character.';

export const provider = {
  baseURL: 'https://openrouter.ai/api/v1',
  apiKey: process.env.OPENROUTER_API_KEY,
  model: 'deepseek/deepseek-chat',
};

// const provider = { baseURL: 'https://api.closeai-asia.com/v1', apiKey: 'sk-xxxxxxxx' };

export const maxTokens = 4096;
export const passwordRules = 'at least 8 characters';
