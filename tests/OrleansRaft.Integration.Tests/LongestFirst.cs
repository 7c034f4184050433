using OrleansRaft.Integration.Tests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace OrleansRaft.Integration.Tests;

/// <summary>Begins with the tests that wait longest, so that none of them runs alone at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long =
    [
        EndToEnd.EndToEndCluster.Name,
        "FencingTests",
        "ServeMembershipTests",
        "CrashPointTests",
        "PostgreSqlLogStoreTests",
        Browser.InBrowser.Name,
        "DivergenceTests",
        "CarefulStartTests",
        "FailoverTests",
        "PlacementTests",
        "PackageTests",
        "SleepTests",
    ];

    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection => [.. testCollections.OrderBy(collection => PlaceOf(collection.TestCollectionDisplayName))];

    private static int PlaceOf(string collection)
    {
        var place = Array.FindIndex(Long, part => collection.Contains(part, StringComparison.Ordinal));
        return place < 0 ? Long.Length : place;
    }
}
