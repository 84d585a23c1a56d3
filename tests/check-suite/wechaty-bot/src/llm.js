const axios = require('axios');
const https = require('https');
const config = require('./config');
const { schemas, run } = require('./functions');

const agent = new https.Agent({ rejectUnauthorized: false });

class Llm {
  constructor(name) {
    this.provider = config.providers[name];
  }

  async post(messages, tools) {
    const { url, key, model } = this.provider;
    const response = await axios.post(
      url,
      { model, messages, tools, max_tokens: config.maxTokens },
      { headers: { Authorization: `Bearer ${key}` }, httpsAgent: agent },
    );
    return response.data.choices[0].message;
  }

  async chat(messages) {
    for (;;) {
      const message = await this.post(messages, schemas);
      messages.push(message);
      if (!message.tool_calls) return message.content;
      for (const call of message.tool_calls) {
        const content = await run(call.function.name, JSON.parse(call.function.arguments));
        messages.push({ role: 'tool', tool_call_id: call.id, content: String(content) });
      }
    }
  }
}

module.exports = new Llm(config.use);
