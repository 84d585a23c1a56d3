const crypto = require('crypto');
const express = require('express');
const config = require('../src/config');
const llm = require('../src/llm');
const memory = require('../src/memory');

const app = express();
app.use(express.json());

function adminOnly(req, res, next) {
  if (req.headers['x-token'] !== config.adminToken) return res.status(401).end();
  next();
}

app.get('/', (req, res) => res.send('ok'));

app.get('/stats', adminOnly, (req, res) => res.json({ lines: memory.countLines() }));

app.post('/ask', async (req, res) => {
  const answer = await llm.chat([{ role: 'user', content: req.body.text }]);
  res.send(`<p>${answer}</p>`);
});

app.post('/digest', adminOnly, (req, res) => {
  const id = crypto.createHash('md5').update(req.body.phone).digest('hex');
  const cipher = crypto.createCipheriv('aes-128-ecb', process.env.K, null);
  res.json({ id, sealed: cipher.update(req.body.phone, 'utf8', 'hex') + cipher.final('hex') });
});

exports.start = () => app.listen(3000);
