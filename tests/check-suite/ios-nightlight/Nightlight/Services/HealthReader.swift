import Foundation
import HealthKit

final class HealthReader {
    static let shared = HealthReader()
    private let store = HKHealthStore()

    func nights() async -> [HKSample] {
        let type = HKObjectType.categoryType(forIdentifier: .sleepAnalysis)!
        try? await store.requestAuthorization(toShare: [], read: [type])
        return await withCheckedContinuation { continuation in
            let query = HKSampleQuery(sampleType: type, predicate: nil, limit: 14, sortDescriptors: nil) { _, samples, _ in
                continuation.resume(returning: samples ?? [])
            }
            store.execute(query)
        }
    }
}
