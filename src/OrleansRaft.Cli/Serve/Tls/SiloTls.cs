using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Connections.Security;

namespace OrleansRaft.Cli.Serve.Tls;

/// <summary>
/// Puts TLS before the ports of a silo: HTTP, and, where there is an authority, the silo port and the gateway, both of them mutual.
/// </summary>
internal static class SiloTls
{
    /// <summary>Puts it.</summary>
    /// <param name="services">The application's services, after <see cref="ConnectionLimits.Use"/>: a limit comes before a handshake.</param>
    /// <param name="settings">Which certificates.</param>
    /// <param name="first">What they are at the start.</param>
    public static void Use(IServiceCollection services, TlsSettings settings, TlsIdentity first)
    {
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<SiloCertificates>(provider, settings, first));
        services.AddHostedService(static provider => provider.GetRequiredService<SiloCertificates>());
        services.AddOptions<KestrelServerOptions>().Configure<SiloCertificates>(
            static (kestrel, certificates) => kestrel.ConfigureHttpsDefaults(https => Configure(https, certificates)));
        if (settings.Authority is not null)
        {
            services.AddOptions<SiloConnectionOptions>().Configure<SiloCertificates>(static (silo, certificates) =>
            {
                silo.ConfigureSiloInboundConnection(connection => connection.UseServerTls(Inbound(certificates, certificates.Settings.SiloName)));
                silo.ConfigureSiloOutboundConnection(connection => connection.UseClientTls(Outbound(certificates)));
                silo.ConfigureGatewayInboundConnection(connection => connection.UseServerTls(Inbound(certificates, name: null)));
            });
        }
    }

    private static void Configure(HttpsConnectionAdapterOptions https, SiloCertificates certificates)
    {
        https.ServerCertificateSelector = (_, _) => certificates.Current.Certificate;
        https.ClientCertificateMode = certificates.Settings.RequiresClientCertificate
            ? ClientCertificateMode.RequireCertificate
            : ClientCertificateMode.NoCertificate;
        https.OnAuthenticate = (_, options) => Authenticate(options, certificates.Current);
    }

    /// <summary>As a server: certificates are those of this moment, and whoever connects is believed by the authority alone.</summary>
    private static void Authenticate(SslServerAuthenticationOptions options, TlsIdentity identity)
    {
        options.ServerCertificateSelectionCallback = null;
        options.ServerCertificateContext = identity.Context;
        options.CertificateChainPolicy = identity.NewPolicy();
    }

    /// <param name="certificates">This silo's.</param>
    /// <param name="name">The name that whoever connects must have in its certificate; null where any name will do.</param>
    private static TlsOptions Inbound(SiloCertificates certificates, string? name) => new()
    {
        LocalServerCertificateSelector = (_, _) => certificates.Current.Certificate,
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        RemoteCertificateValidation = (certificate, _, errors) => errors == SslPolicyErrors.None && (name is null || IsFor(certificate, name)),
        OnAuthenticateAsServer = (_, options) =>
            Authenticate((SslServerAuthenticationOptions)options.SslServerAuthenticationOptions, certificates.Current),
    };

    private static TlsOptions Outbound(SiloCertificates certificates) => new()
    {
        LocalClientCertificateSelector = (_, _, _, _, _) => certificates.Current.Certificate,
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        OnAuthenticateAsClient = (_, options) =>
        {
            options.TargetHost = certificates.Settings.SiloName;
            ((SslClientAuthenticationOptions)options.SslClientAuthenticationOptions).CertificateChainPolicy = certificates.Current.NewPolicy();
        },
    };

    private static bool IsFor(X509Certificate2 certificate, string name) =>
        certificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false);
}
