namespace OrleansRaft.Cli.CommandLine;

/// <summary>The address of a silo's HTTP API, as people write it.</summary>
internal static class ServerAddress
{
    /// <summary>Where a silo listens unless it is told otherwise.</summary>
    public const string Default = "http://127.0.0.1:5080";

    private const int DefaultPort = 5080;

    /// <summary>What such an address must be, to go on after "must be".</summary>
    public const string Form = $"the address of a silo's HTTP API, such as {Default}, or HOST:PORT";

    /// <summary>Reads an address: a URL, or a host alone, whose port is then the usual one of a silo; null when it is neither.</summary>
    public static Uri? TryParse(string text)
    {
        var isBare = !text.Contains("://", StringComparison.Ordinal);
        if (!Uri.TryCreate(isBare ? "http://" + text : text, UriKind.Absolute, out var address)
            || address is not { Scheme: "http" or "https", Host.Length: > 0, UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0, Port: > 0 })
        {
            return null;
        }

        return isBare && !NamesPort(text) ? new UriBuilder(address) { Port = DefaultPort }.Uri : address;
    }

    private static bool NamesPort(string text)
    {
        var host = text.Split('/', 2)[0];
        return char.IsAsciiDigit(host[^1]) && host.LastIndexOf(':') > host.LastIndexOf(']');
    }
}
