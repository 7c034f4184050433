namespace OrleansRaft.Integration.Tests.EndToEnd;

/// <summary>Tests that want the machine to themselves: they measure a cluster, not a crowd.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
