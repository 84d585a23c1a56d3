import { Chat } from '@/components/Chat';

const ld = { '@context': 'https://schema.org', name: 'Luna' };

export default function Page() {
  return (
    <main>
      <script type="application/ld+json" dangerouslySetInnerHTML={{ __html: JSON.stringify(ld) }} />
      <Chat userId="guest" />
    </main>
  );
}
