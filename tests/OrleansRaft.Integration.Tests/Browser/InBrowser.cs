namespace OrleansRaft.Integration.Tests.Browser;

/// <summary>Tests that drive a browser, one after the other, and before one cluster.</summary>
[CollectionDefinition(Name)]
public sealed class InBrowser : ICollectionFixture<PageFixture>
{
    public const string Name = "in a browser";
}
