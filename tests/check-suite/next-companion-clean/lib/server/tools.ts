import { tool } from 'ai';
import { z } from 'zod';
import nodemailer from 'nodemailer';
import { Pool } from 'pg';

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const mailer = nodemailer.createTransport({ host: process.env.SMTP_HOST, secure: true });
const COLUMNS = { newest: 'created_at DESC', cheapest: 'price ASC' } as const;

export const sendGift = tool({
  description: 'Send a mail with a gift card for the user',
  inputSchema: z.object({ to: z.string().email(), text: z.string() }),
  needsApproval: true,
  execute: async ({ to, text }) => {
    await mailer.sendMail({ to, subject: 'A gift', text });
    return 'sent';
  },
});

export const gifts = tool({
  description: 'List gift cards',
  inputSchema: z.object({ order: z.enum(['newest', 'cheapest']) }),
  execute: async ({ order }) => (await pool.query(`SELECT name FROM gifts ORDER BY ${COLUMNS[order]}`)).rows,
});

export const order = tool({
  description: 'Look up one order',
  inputSchema: z.object({ id: z.string() }),
  execute: async ({ id }) => (await pool.query('SELECT status FROM orders WHERE id = $1', [id])).rows,
});
