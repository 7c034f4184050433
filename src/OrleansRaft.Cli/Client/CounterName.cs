using OrleansRaft.Counters;

namespace OrleansRaft.Cli.Client;

/// <summary>Names a counter of a tenant.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="Counter">Which.</param>
internal sealed record CounterName(string Tenant, string Counter)
{
    /// <summary>Where the API keeps it.</summary>
    public string Path => $"api/v1/tenants/{PathSegment.Of(Tenant)}/counters/{PathSegment.Of(Counter)}";

    /// <summary>Whether the API takes such a name: 1 to 128 of letters, digits, '.', '_' and '-', and neither '.' nor '..'.</summary>
    public static bool IsValid(string name) => NameRule.Holds(name);

    /// <inheritdoc/>
    public override string ToString() => $"{Tenant}/{Counter}";
}
