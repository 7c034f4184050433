namespace OrleansRaft.Cli.Client;

/// <summary>The proxy between this process and a server, as the environment names it. A server on this machine is always asked directly.</summary>
/// <param name="Address">The proxy.</param>
/// <param name="Variable">The variable that names it.</param>
internal sealed record ProxyInUse(string Address, string Variable)
{
    /// <summary>The proxy for a server; null where there is none.</summary>
    public static ProxyInUse? For(Uri server)
    {
        if (server.IsLoopback || HttpClient.DefaultProxy.IsBypassed(server) || HttpClient.DefaultProxy.GetProxy(server) is not { } proxy)
        {
            return null;
        }

        // As the runtime looks them up; a password in the address is nobody's business.
        string[] variables = [$"{server.Scheme}_proxy", $"{server.Scheme.ToUpperInvariant()}_PROXY", "all_proxy", "ALL_PROXY"];
        var variable = Array.Find(variables, static name => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)));
        return new ProxyInUse(proxy.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped), variable ?? "the system's settings");
    }

    /// <summary>Makes what sends requests to a server.</summary>
    public static SocketsHttpHandler NewHandler(Uri server) => new() { UseProxy = !server.IsLoopback };

    /// <summary>How to do without it for one server.</summary>
    public string Remedy(Uri server) => $"Check that proxy, or go without it: set no_proxy={server.Host}, or unset {Variable}.";

    /// <inheritdoc/>
    public override string ToString() => $"the proxy {Address} (named by {Variable})";
}
