import SwiftUI

struct SleepView: View {
    @State private var advice = ""
    @State private var chart = ""

    var body: some View {
        VStack {
            Text(chart)
            Text(advice)
            Button("Explain my sleep") {
                Task { await explain() }
            }
        }
        .task { chart = await drawn() }
    }

    /// The nights are drawn on the phone and go nowhere.
    private func drawn() async -> String {
        let nights = await HealthReader.shared.nights()
        return nights.map { "\($0.startDate)" }.joined(separator: "\n")
    }

    private func explain() async {
        guard ConsentCenter.shared.hasConsented() else { return }
        let nights = await HealthReader.shared.nights()
        let asked = "Explain these nights: \(nights)"
        advice = (try? await OpenAIClient.shared.ask([Entry(role: .user, content: asked)])) ?? ""
    }
}
