using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Cli.Serve.Tls;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Cli.Serve;

/// <summary>
/// The names by which a silo is asked. A browser that was led here by a name of somebody else's, which its owner pointed at this machine, is refused:
/// pages under that name could otherwise read and change what no other page can (DNS rebinding). Nobody can do so with an address, with
/// <c>localhost</c>, or with a name that the silo's certificate holds.
/// </summary>
/// <param name="named">Further names; <c>*</c> for any, <c>*.NAME</c> for those beneath one.</param>
/// <param name="certificate">The certificate in use; null where there is none.</param>
internal sealed class KnownHosts(IReadOnlyCollection<string> named, Func<X509Certificate2>? certificate)
{
    private const int RememberedMax = 100;
    private const string Local = "localhost";

    private readonly ConcurrentDictionary<string, bool> remembered = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Puts the check before an application.</summary>
    /// <param name="services">Its services.</param>
    /// <param name="named">The further names.</param>
    public static void Use(IServiceCollection services, IReadOnlyCollection<string> named)
    {
        services.AddSingleton(provider => new KnownHosts(
            named, provider.GetService<SiloCertificates>() is { } certificates ? () => certificates.Current.Certificate : null));
        services.AddSingleton<IStartupFilter, Filter>();
    }

    /// <summary>Whether a name is one of them.</summary>
    /// <param name="host">As the header <c>Host</c> says it, without a port; empty where old clients say nothing, which no browser does.</param>
    public bool Contains(string host)
    {
        if (remembered.ContainsKey(host))
        {
            return true;
        }

        if (!IsKnown(host.TrimEnd('.')))
        {
            return false;
        }

        // Names in a certificate that was replaced stay known; nobody else has them meanwhile.
        if (remembered.Count < RememberedMax)
        {
            remembered.TryAdd(host, true);
        }

        return true;
    }

    private bool IsKnown(string host) =>
        host.Length == 0
        || host.Equals(Local, StringComparison.OrdinalIgnoreCase)
        || host.EndsWith($".{Local}", StringComparison.OrdinalIgnoreCase)
        || IPAddress.TryParse(host.Trim('[', ']'), out _)
        || named.Any(name => Matches(name, host))
        || (certificate is not null && certificate().MatchesHostname(host, allowWildcards: true, allowCommonName: false));

    private static bool Matches(string name, string host) =>
        name == "*"
        || name.Equals(host, StringComparison.OrdinalIgnoreCase)
        || (name.StartsWith("*.", StringComparison.Ordinal)
            && host.Length > name.Length - 1
            && host.EndsWith(name[1..], StringComparison.OrdinalIgnoreCase));

    private static Problem Unknown(string host) => KnownProblems.InvalidRequest(
        "Host",
        $"The header Host names {Shortened.Of(host)}, and this silo is not known under that name: another site's page might have led a browser here. "
            + "Ask by the silo's address, or start it with --hosts NAME.");

    private sealed class Filter(KnownHosts hosts) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app => next(app.Use(inner => context =>
        {
            if (hosts.Contains(context.Request.Host.Host))
            {
                return inner(context);
            }

            Unknown(context.Request.Host.Host).Write(context.Response);
            return Task.CompletedTask;
        }));
    }
}
