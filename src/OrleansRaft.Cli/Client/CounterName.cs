namespace OrleansRaft.Cli.Client;

/// <summary>Names a counter of a tenant.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="Counter">Which.</param>
internal sealed record CounterName(string Tenant, string Counter)
{
    /// <summary>Where the API keeps it.</summary>
    public string Path => $"api/v1/tenants/{Uri.EscapeDataString(Tenant)}/counters/{Uri.EscapeDataString(Counter)}";

    /// <summary>Whether the API takes such a name: 1 to 128 of letters, digits, '.', '_' and '-'.</summary>
    public static bool IsValid(string name) =>
        name is { Length: >= 1 and <= 128 } && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <inheritdoc/>
    public override string ToString() => $"{Tenant}/{Counter}";
}
