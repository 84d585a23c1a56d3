import { tool } from 'ai';
import { z } from 'zod';
import nodemailer from 'nodemailer';
import { Pool } from 'pg';

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const mailer = nodemailer.createTransport({ host: process.env.SMTP_HOST, secure: true });

export const readPage = tool({
  description: 'Read a web page',
  inputSchema: z.object({ url: z.string() }),
  execute: async ({ url }) => (await fetch(url)).text(),
});

export const sendGift = tool({
  description: 'Send a mail with a gift card for the user',
  inputSchema: z.object({ to: z.string(), text: z.string() }),
  execute: async ({ to, text }) => {
    await mailer.sendMail({ to, subject: 'A gift from Luna', text });
    return 'sent';
  },
});

export const orders = tool({
  description: 'Look something up in the orders',
  inputSchema: z.object({ where: z.string() }),
  execute: async ({ where }) => (await pool.query(`SELECT * FROM orders WHERE ${where}`)).rows,
});

export const order = tool({
  description: 'Look up one order',
  inputSchema: z.object({ id: z.string() }),
  execute: async ({ id }) => (await pool.query('SELECT status FROM orders WHERE id = $1', [id])).rows,
});

export const time = tool({
  description: 'The time',
  inputSchema: z.object({}),
  execute: async () => new Date().toISOString(),
});
