using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using OrleansRaft.Cli.Tls;

namespace OrleansRaft.Cli.Client;

/// <summary>A server, whom to believe that it is the one, and as whom to ask it.</summary>
/// <param name="Server">Its address.</param>
internal sealed record ServerAccess(Uri Server)
{
    /// <summary>The authorities that vouch for it; null for those of this machine.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>The certificate to show, with its key; null for none.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The API key; null for none.</summary>
    public string? Key { get; init; }

    /// <summary>Makes a client of it.</summary>
    /// <param name="timeout">How long one request may take.</param>
    /// <param name="connections">How many connections there may be at once.</param>
    public HttpClient NewClient(TimeSpan timeout, int connections = int.MaxValue)
    {
        var handler = ProxyInUse.NewHandler(Server);
        handler.MaxConnectionsPerServer = connections;
        if (Authorities is not null)
        {
            handler.SslOptions.CertificateChainPolicy = CertificateCheck.PolicyOf(Authorities);
        }

        if (Certificate is not null)
        {
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(
                Certificate, additionalCertificates: null, offline: true);
        }

        var client = new HttpClient(handler)
        {
            BaseAddress = new Uri(Server.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = timeout,
        };
        if (Key is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        }

        return client;
    }
}
