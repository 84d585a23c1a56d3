import SwiftUI

struct ConsentView: View {
    var body: some View {
        VStack {
            Text("Nightlight's server sends what you write, and your nights if you ask about them, to a model in Germany.")
            Button("I agree") { ConsentCenter.shared.answer(true) }
            Button("No", role: .cancel) { ConsentCenter.shared.answer(false) }
        }
    }
}
