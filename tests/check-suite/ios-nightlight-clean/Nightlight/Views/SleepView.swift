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
            Button("Explain it on this phone") {
                Task { await explainHere() }
            }
        }
        .task { chart = await drawn() }
    }

    private func drawn() async -> String {
        let nights = await HealthReader.shared.nights()
        return nights.map { "\($0.startDate)" }.joined(separator: "\n")
    }

    private func explain() async {
        await Gate.withConsent {
            let nights = await HealthReader.shared.nights()
            let asked = Entry(role: .user, content: "Explain these nights: \(nights)")
            advice = (try? await Backend.shared.ask([asked])) ?? ""
        }
    }

    private func explainHere() async {
        let nights = await HealthReader.shared.nights()
        advice = await OfflineCoach().answer("Explain these nights: \(nights)")
    }
}
